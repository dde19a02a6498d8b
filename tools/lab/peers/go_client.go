// go_client logs in with Go's x/crypto/ssh and runs one command.
//
//	go_client ADDRESS PORT USER PASSWORD KEY COMMAND [CIPHER[,CIPHER…] [KEX[,KEX…]]]
//
// It tries the key where one is named, then the password where there is one, and the same by keyboard-interactive.
package main

import (
	"fmt"
	"io/ioutil"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func methods(password, key string) []ssh.AuthMethod {
	var list []ssh.AuthMethod
	if key != "" {
		text, err := ioutil.ReadFile(key)
		if err != nil {
			fail(err)
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			fail(err)
		}
		list = append(list, ssh.PublicKeys(signer))
	}
	if password != "" {
		answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range answers {
				answers[i] = password
			}
			return answers, nil
		}
		list = append(list, ssh.Password(password), ssh.KeyboardInteractive(answer))
	}
	return list
}

func main() {
	a := os.Args
	config := &ssh.ClientConfig{User: a[3], Auth: methods(a[4], a[5]), HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout: 10 * time.Second}
	if len(a) > 7 && a[7] != "" {
		config.Ciphers = strings.Split(a[7], ",")
	}
	if len(a) > 8 {
		config.KeyExchanges = strings.Split(a[8], ",")
	}
	client, err := ssh.Dial("tcp", net.JoinHostPort(a[1], a[2]), config)
	if err != nil {
		fail(err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		fail(err)
	}
	said, err := session.CombinedOutput(a[6])
	os.Stdout.Write(said)
	if err != nil {
		fail(err)
	}
}
