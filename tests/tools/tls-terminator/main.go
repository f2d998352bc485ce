// Ends TLS with any certificate, the wrong ones too, and passes on to one API server what comes.
//
// It reads one line of JSON from its standard input, prints the ports of its doors as another, and ends when the input does.
//
// Keys that Go would refuse to sign with (rsa1024min) are shown all the same: the client is to refuse them.

//go:debug rsa1024min=0
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
)

type plan struct {
	// Upstream is the address of the API server.
	Upstream string `json:"upstream"`
	Doors    []door `json:"doors"`
}

type door struct {
	// Chain is what is shown, in DER; nothing makes it a door without TLS.
	Chain [][]byte `json:"chain"`
	// Key is that of the first certificate, in PKCS#8. Whether it belongs to it is not looked at.
	Key []byte `json:"key"`
	// Clients has the authorities of whom clients have to show a certificate, where they have to.
	Clients      [][]byte      `json:"clients"`
	MaxVersion   uint16        `json:"maxVersion"`
	CipherSuites []uint16      `json:"cipherSuites"`
	Groups       []tls.CurveID `json:"groups"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var plan plan
	if err := json.Unmarshal(line, &plan); err != nil {
		return err
	}
	ports := []int{}
	for number, door := range plan.Doors {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
		if len(door.Chain) > 0 {
			config, err := door.config()
			if err != nil {
				return fmt.Errorf("door %d: %w", number, err)
			}
			listener = tls.NewListener(listener, config)
		}
		go serve(listener, plan.Upstream)
	}
	if err := json.NewEncoder(os.Stdout).Encode(ports); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

func (d door) config() (*tls.Config, error) {
	key, err := x509.ParsePKCS8PrivateKey(d.Key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		Certificates:           []tls.Certificate{{Certificate: d.Chain, PrivateKey: key}},
		NextProtos:             []string{"h2", "http/1.1"},
		MinVersion:             tls.VersionTLS10,
		MaxVersion:             d.MaxVersion,
		CipherSuites:           d.CipherSuites,
		CurvePreferences:       d.Groups,
		SessionTicketsDisabled: true,
	}
	if len(d.Clients) > 0 {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		for _, der := range d.Clients {
			authority, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, err
			}
			config.ClientCAs.AddCert(authority)
		}
	}
	return config, nil
}

func serve(listener net.Listener, upstream string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go pass(client, upstream)
	}
}

// pass speaks to the API server in the protocol on which the client and this door agreed.
func pass(client net.Conn, upstream string) {
	defer client.Close()
	protocol := "http/1.1"
	if ended, ok := client.(*tls.Conn); ok {
		if ended.Handshake() != nil {
			return
		}
		if agreed := ended.ConnectionState().NegotiatedProtocol; agreed != "" {
			protocol = agreed
		}
	}
	server, err := tls.Dial("tcp", upstream, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer server.Close()
		io.Copy(server, client)
	}()
	io.Copy(client, server)
}
