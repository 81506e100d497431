//! Verifies chains as rustls's server does: `verify root.pem file.pem…`, one verdict a line.
use rustls::pki_types::{pem::PemObject, CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{crypto::ring, RootCertStore};
use std::{env, sync::Arc};

fn read(path: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn main() {
    let mut paths = env::args().skip(1);
    let mut roots = RootCertStore::empty();
    for root in read(&paths.next().expect("a root")) {
        roots.add(root).expect("a root that can be read");
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier");
    for path in paths {
        let chain = read(&path);
        match verifier.verify_client_cert(&chain[0], &chain[1..], UnixTime::now()) {
            Ok(_) => println!("accepted"),
            Err(error) => println!("{error}"),
        }
    }
}
