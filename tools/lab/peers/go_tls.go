// go_tls is a TLS server with a certificate of its own: what answers where somebody put HTTPS on SSH's port.
//
//	go_tls PORT
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(48 * time.Hour)}
	text, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key}
}

func serve(conn net.Conn) {
	conn.Read(make([]byte, 1))
	conn.Close()
}

func main() {
	config := &tls.Config{Certificates: []tls.Certificate{certificate()}}
	listener, err := tls.Listen("tcp", ":"+os.Args[1], config)
	check(err)
	for {
		conn, err := listener.Accept()
		check(err)
		go serve(conn)
	}
}
