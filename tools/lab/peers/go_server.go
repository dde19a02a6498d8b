// go_server lets one user in with Go's x/crypto/ssh, by password or key, and answers each command with "ok".
//
//	go_server PORT HOST_KEY USER PASSWORD KEY.pub METHODS
//
// It writes one JSON object a line of what clients tried, and what became of it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/ioutil"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
)

var refused = errors.New("refused")

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func tell(facts map[string]interface{}) {
	text, _ := json.Marshal(facts)
	fmt.Println(string(text))
}

func portOf(address net.Addr) int {
	return address.(*net.TCPAddr).Port
}

func judged(meta ssh.ConnMetadata, method string, ok bool) (*ssh.Permissions, error) {
	tell(map[string]interface{}{"port": portOf(meta.RemoteAddr()), "event": "try", "method": method, "ok": ok})
	if ok {
		return nil, nil
	}
	return nil, refused
}

func door(user, password string, key ssh.PublicKey, methods string) *ssh.ServerConfig {
	config := &ssh.ServerConfig{MaxAuthTries: 6}
	if strings.Contains(methods, "password") {
		config.PasswordCallback = func(meta ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
			return judged(meta, "password", meta.User() == user && string(given) == password)
		}
	}
	if strings.Contains(methods, "publickey") {
		config.PublicKeyCallback = func(meta ssh.ConnMetadata, given ssh.PublicKey) (*ssh.Permissions, error) {
			return judged(meta, "publickey", meta.User() == user && bytes.Equal(given.Marshal(), key.Marshal()))
		}
	}
	return config
}

func answer(channel ssh.Channel, requests <-chan *ssh.Request) {
	for request := range requests {
		request.Reply(request.Type == "exec", nil)
		if request.Type == "exec" {
			channel.Write([]byte("ok\n"))
			channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
			channel.Close()
		}
	}
}

func serve(conn net.Conn, config *ssh.ServerConfig) {
	words := ""
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		words = err.Error()
		conn.Close()
	} else {
		go ssh.DiscardRequests(requests)
		for wanted := range channels {
			channel, requests, err := wanted.Accept()
			if err == nil {
				go answer(channel, requests)
			}
		}
	}
	tell(map[string]interface{}{"port": portOf(conn.RemoteAddr()), "event": "end", "words": words})
}

func main() {
	a := os.Args
	text, err := ioutil.ReadFile(a[2])
	check(err)
	signer, err := ssh.ParsePrivateKey(text)
	check(err)
	text, err = ioutil.ReadFile(a[5])
	check(err)
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	check(err)
	config := door(a[3], a[4], key, a[6])
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", ":"+a[1])
	check(err)
	for {
		conn, err := listener.Accept()
		check(err)
		go serve(conn, config)
	}
}
