// Verifies chains as Go's TLS does: `verify root.pem client|server file.pem…`, one verdict a line.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func read(path string) []*x509.Certificate {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		found = append(found, certificate)
	}
	return found
}

func main() {
	roots := x509.NewCertPool()
	for _, root := range read(os.Args[1]) {
		roots.AddCert(root)
	}
	usage := x509.ExtKeyUsageClientAuth
	if os.Args[2] == "server" {
		usage = x509.ExtKeyUsageServerAuth
	}
	for _, path := range os.Args[3:] {
		chain := read(path)
		intermediates := x509.NewCertPool()
		for _, certificate := range chain[1:] {
			intermediates.AddCert(certificate)
		}
		options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{usage}}
		if _, err := chain[0].Verify(options); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("accepted")
		}
	}
}
