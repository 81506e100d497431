// Clients that need more than Debian's packages and npm, or longer to start: Java, Rust, gRPC in four forms, GnuTLS. Run by
// scripts/refused-servers.mjs and `npm run test:field`. Each is built in a folder, from what the language's registry has.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PEER = fileURLToPath(new URL('../test/support/grpc_peer.py', import.meta.url));

const JAVA = (trust) => `
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.*;
import java.security.KeyStore;
import java.security.cert.*;
import javax.net.ssl.*;

public class Client {
  public static void main(String[] args) throws Exception {
    KeyStore roots = KeyStore.getInstance("PKCS12");
    roots.load(null, null);
    try (FileInputStream pem = new FileInputStream(System.getenv("GENERATE_CERTS_CA"))) {
      roots.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(roots);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, ${trust}, null);
    HttpClient client = HttpClient.newBuilder().sslContext(context).build();
    try {
      client.send(HttpRequest.newBuilder(URI.create(System.getenv("GENERATE_CERTS_URL"))).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException error) {
      System.err.println("error: " + error.getMessage());
      System.exit(1);
    }
  }

  static X509ExtendedTrustManager everything() {
    return new X509ExtendedTrustManager() {
      public void checkClientTrusted(X509Certificate[] chain, String type) {}
      public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}
      public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
      public void checkServerTrusted(X509Certificate[] chain, String type) {}
      public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}
      public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
      public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    };
  }
}
`;

const GO_GRPC = (config) => `package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	pem, _ := os.ReadFile(os.Getenv("GENERATE_CERTS_CA"))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	target := os.Getenv("GENERATE_CERTS_HOST") + ":" + os.Getenv("GENERATE_CERTS_PORT")
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{${config}})))
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_, err = grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	_ = pool
}
`;

const RUST = `
use std::{env, fs, process};

fn main() {
    let pem = fs::read(env::var("GENERATE_CERTS_CA").unwrap()).unwrap();
    let client = reqwest::blocking::Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
        .build()
        .unwrap();
    if let Err(error) = client.get(env::var("GENERATE_CERTS_URL").unwrap()).send() {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        eprintln!("error: {cause}");
        process::exit(1);
    }
}
`;
const CARGO = `[package]
name = "client"
version = "0.0.0"
edition = "2021"

[dependencies]
reqwest = { version = "0.12", default-features = false, features = ["blocking", "rustls-tls"] }
`;

// It reads what it sends from its standard input, and without it ends before it has sent anything.
const GNUTLS = `
import os, subprocess, sys
host, port, ca = (os.environ['GENERATE_CERTS_' + name] for name in ('HOST', 'PORT', 'CA'))
command = ['gnutls-cli', '--x509cafile', ca, '-p', port, host]
done = subprocess.run(command, input=b'GET / HTTP/1.0\\r\\n\\r\\n', capture_output=True)
sys.stderr.buffer.write(done.stdout + done.stderr)
sys.exit(done.returncode)
`;

const GRPC_JS = `
const { readFileSync } = require('node:fs');
const { Client, credentials } = require('@grpc/grpc-js');
const { GENERATE_CERTS_HOST: host, GENERATE_CERTS_PORT: port, GENERATE_CERTS_CA: ca } = process.env;
const client = new Client(host + ':' + port, credentials.createSsl(readFileSync(ca)));
const bytes = (message) => message;
const method = '/inference.GRPCInferenceService/ServerLive';
client.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), { deadline: Date.now() + 20000 }, (error) => {
  client.close();
  if (error) { console.error('error:', error.details); process.exitCode = 1; }
});
`;

/** @param {{ pythons: readonly { form: string, python: string }[] }} tools each Python that has a gRPC of its own */
export function moreClients({ pythons }) {
  const cCore = ({ form, python }, override) => {
    const call = { target: '{host}:{port}', root: '{ca}', status: true, ...(override && { override }) };
    return {
      name: `${form}${override ? ', overridden name' : ''}`,
      program: python,
      accepts: override ? [] : ['cn-only', 'address-as-dns'],
      build: () => [python, PEER, 'call', JSON.stringify([call])],
    };
  };
  const right = [
    {
      name: 'Java HttpClient',
      program: 'javac',
      accepts: ['cn-only'],
      build: java('factory.getTrustManagers()'),
    },
    { name: 'reqwest on rustls', program: 'cargo', accepts: ['no-server-key-usage'], build: rust },
    {
      name: 'GnuTLS gnutls-cli',
      program: 'gnutls-cli',
      accepts: ['cn-only'],
      build: () => ['python3', '-c', GNUTLS],
    },
    {
      name: 'grpc-js',
      program: 'node',
      accepts: ['cn-only'],
      build: () => [process.execPath, '-e', GRPC_JS],
    },
    { name: 'grpc-go', program: 'go', accepts: ['no-server-key-usage'], build: goGrpc('RootCAs: pool') },
    ...pythons.map((one) => cCore(one)),
  ];
  const wrong = [
    {
      name: 'Java, trusting everything',
      program: 'javac',
      accepts: ['unknown-ca', 'expired', 'wrong-name'],
      build: java('new TrustManager[] { everything() }'),
    },
    {
      name: 'grpc-go InsecureSkipVerify',
      program: 'go',
      accepts: ['unknown-ca', 'expired', 'wrong-name'],
      build: goGrpc('InsecureSkipVerify: true'),
    },
    ...pythons.map((one) => cCore(one, 'localhost')),
  ];
  return [
    ...right.map((client) => ({ ...client, checks: true })),
    ...wrong.map((client) => ({ ...client, checks: false })),
  ];
}

const java = (trust) => (folder) => {
  writeFileSync(join(folder, 'Client.java'), JAVA(trust));
  run('javac', ['-d', folder, join(folder, 'Client.java')], folder);
  return ['java', '-cp', folder, 'Client'];
};

const goGrpc = (config) => (folder) => {
  writeFileSync(join(folder, 'main.go'), GO_GRPC(config));
  run('go', ['mod', 'init', 'client'], folder);
  run('go', ['mod', 'tidy'], folder);
  run('go', ['build', '-o', 'client', '.'], folder);
  return [join(folder, 'client')];
};

const rust = (folder) => {
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'Cargo.toml'), CARGO);
  writeFileSync(join(folder, 'src', 'main.rs'), RUST);
  run('cargo', ['build', '--quiet', '--release'], folder);
  return [join(folder, 'target', 'release', 'client')];
};

function run(program, words, cwd) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words[0]}: ${stderr}${stdout}`);
}
