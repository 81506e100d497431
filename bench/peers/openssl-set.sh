#!/bin/sh
# The same set by openssl alone: a CA, a server, a client, an untrusted client of a namesake CA, a CRL.
# usage: openssl-set.sh <folder> <rsa|ec|example>
# `example` does what the script of the NGINX mTLS example does: RSA 4096, and its own Diffie-Hellman group.
set -eu
mkdir -p "$1"
cd "$1"
case $2 in
  rsa) leaf='-algorithm RSA -pkeyopt rsa_keygen_bits:2048' ;;
  example) leaf='-algorithm RSA -pkeyopt rsa_keygen_bits:4096' ;;
  ec) leaf='-algorithm EC -pkeyopt ec_paramgen_curve:P-256' ;;
esac
subject='/CN=generate-certs test CA 00000000/O=generate-certs/OU=development only'
printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature,keyEncipherment' \
  'extendedKeyUsage=serverAuth' 'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' \
  'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' >server.ext
sed -e s/serverAuth/clientAuth/ -e /subjectAltName/d server.ext >client.ext
authority() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
  openssl req -x509 -new -key "$1.key" -days 1 -subj "$subject" -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
leaf() {
  # shellcheck disable=SC2086
  openssl genpkey $leaf -out "$1.key" 2>/dev/null
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -days 1 -extfile "$4.ext" -out "$1.pem" 2>/dev/null
}
authority ca
authority other
leaf server localhost ca server
leaf client client ca client
leaf untrusted client other client
: >index.txt
printf '%s\n' '[ca]' 'default_ca=set' '[set]' 'database=index.txt' 'default_md=sha256' >ca.cnf
openssl ca -gencrl -config ca.cnf -keyfile ca.key -cert ca.pem -crldays 1 -out ca.crl 2>/dev/null
cat ca.pem >>server.pem
if [ "$2" = example ]; then openssl dhparam -out dhparam.pem 3072 2>/dev/null; fi
