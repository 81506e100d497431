// HTTPS servers of Go's own packages, one for each kind that the arguments name, each on a port of its own.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	check(err)
	pem, err := os.ReadFile(os.Args[3])
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	guarded := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}
	open := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS10}
	for _, kind := range os.Args[4:] {
		config := guarded
		handler := alive
		switch kind {
		case "required":
		case "by-name":
			config = byName(guarded, open)
		case "by-name-and-host":
			// It serves the guarded name only to those who were let in by it.
			config = byName(guarded, open)
			handler = func(w http.ResponseWriter, r *http.Request) {
				if r.TLS.ServerName != "localhost" {
					w.WriteHeader(http.StatusMisdirectedRequest)
					return
				}
				alive(w, r)
			}
		case "by-protocol":
			// It asks for a certificate in HTTP/1.1 alone.
			config = unlessOffered("h2", true, guarded, open)
		case "grpc":
			handler = grpc
		case "grpc-by-protocol":
			// It asks for a certificate in HTTP/2 alone.
			config = unlessOffered("h2", false, guarded, open)
			handler = grpc
		default:
			panic(kind)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		fmt.Printf("%s %d\n", kind, listener.Addr().(*net.TCPAddr).Port)
		server := &http.Server{Handler: http.HandlerFunc(handler), TLSConfig: config}
		go server.ServeTLS(listener, "", "")
	}
	fmt.Println("ready")
	select {}
}

// unlessOffered takes the open configuration for those who offer a protocol, or for those who do not.
func unlessOffered(protocol string, offered bool, guarded, open *tls.Config) *tls.Config {
	config := guarded.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if has(hello.SupportedProtos, protocol) == offered {
			return open, nil
		}
		return nil, nil
	}
	return config
}

func byName(guarded, open *tls.Config) *tls.Config {
	config := guarded.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == "localhost" {
			return guarded, nil
		}
		return open, nil
	}
	return config
}

func has(names []string, name string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}

// grpc answers every call with an empty message, in either version of HTTP.
func grpc(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	w.Write(make([]byte, 5))
	w.Header().Set("Grpc-Status", "0")
}

func alive(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "alive") }

func check(err error) {
	if err != nil {
		panic(err)
	}
}
