#!/bin/sh
# A set by Debian's mkcert: a CA of its own, a server, a client. Nothing is put into any trust store.
# usage: mkcert-set.sh <folder>
set -eu
mkdir -p "$1"
cd "$1"
CAROOT=$1
TRUST_STORES=none
export CAROOT TRUST_STORES
mkcert -cert-file server.pem -key-file server.key localhost 127.0.0.1 ::1 2>/dev/null
mkcert -client -cert-file client.pem -key-file client.key client 2>/dev/null
