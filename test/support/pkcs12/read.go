// Prints the key and the chain of each keystore, in Base64, a line a file. The password is in the environment.
package main

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

func main() {
	encode := base64.StdEncoding.EncodeToString
	for _, name := range os.Args[1:] {
		data, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		key, leaf, others, err := pkcs12.DecodeChain(data, os.Getenv("STORE_PASSWORD"))
		if err != nil {
			log.Fatal(name, ": ", err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(encode(private), " ", encode(leaf.Raw))
		for _, other := range others {
			fmt.Print(" ", encode(other.Raw))
		}
		fmt.Println()
	}
}
