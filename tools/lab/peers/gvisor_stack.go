// gvisor_stack is a machine whose TCP/IP is gVisor's netstack, on a TAP device. A connection to one of its open ports
// is handed on to the local machine, so that a real server speaks; every other port is closed.
//
//	gvisor_stack TAP MAC ADDRESS/LENGTH,… GATEWAY,… [PORT=LOCALPORT …]
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const device = tcpip.NICID(1)

func check(what string, err any) {
	if err != nil && fmt.Sprint(err) != "<nil>" {
		fmt.Fprintln(os.Stderr, "gvisor_stack:", what+":", err)
		os.Exit(1)
	}
}

func fail(what string, err tcpip.Error) {
	if err != nil {
		check(what, err.String())
	}
}

// The address in the form that the stack wants, and its family.
func address(ip net.IP) (tcpip.Address, tcpip.NetworkProtocolNumber) {
	if four := ip.To4(); four != nil {
		return tcpip.Address(four), ipv4.ProtocolNumber
	}
	return tcpip.Address(ip), ipv6.ProtocolNumber
}

func open(tap, mac string) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{arp.NewProtocol, ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	hardware, err := net.ParseMAC(mac)
	check(mac, err)
	fd, err := tun.OpenTAP(tap)
	check(tap, err)
	link, err := fdbased.New(&fdbased.Options{FDs: []int{fd}, MTU: 1500, EthernetHeader: true, Address: tcpip.LinkAddress(hardware)})
	check(tap, err)
	fail(tap, s.CreateNIC(device, link))
	return s
}

func number(s *stack.Stack, addresses, gateways string) {
	var routes []tcpip.Route
	for _, text := range strings.Split(addresses, ",") {
		ip, network, err := net.ParseCIDR(text)
		check(text, err)
		own, protocol := address(ip)
		length, _ := network.Mask.Size()
		fail(text, s.AddProtocolAddress(device, tcpip.ProtocolAddress{Protocol: protocol,
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: own, PrefixLen: length}}, stack.AddressProperties{}))
		routes = append(routes, tcpip.Route{NIC: device,
			Destination: tcpip.AddressWithPrefix{Address: own, PrefixLen: length}.Subnet()})
	}
	for _, text := range strings.Split(gateways, ",") {
		gateway, protocol := address(net.ParseIP(text))
		all := header.IPv4EmptySubnet
		if protocol == ipv6.ProtocolNumber {
			all = header.IPv6EmptySubnet
		}
		routes = append(routes, tcpip.Route{NIC: device, Destination: all, Gateway: gateway})
	}
	s.SetRouteTable(routes)
}

// Both directions, until each has come to its end.
func relay(foreign *gonet.TCPConn, port int) {
	local, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		foreign.Close()
		return
	}
	go func() {
		io.Copy(local, foreign)
		local.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(foreign, local)
	foreign.CloseWrite()
}

// An IPv6 listener takes IPv4 as well.
func serve(s *stack.Stack, port, local int) {
	listener, err := gonet.ListenTCP(s, tcpip.FullAddress{Port: uint16(port)}, ipv6.ProtocolNumber)
	check(strconv.Itoa(port), err)
	for {
		conn, err := listener.Accept()
		check(strconv.Itoa(port), err)
		go relay(conn.(*gonet.TCPConn), local)
	}
}

func main() {
	s := open(os.Args[1], os.Args[2])
	number(s, os.Args[3], os.Args[4])
	for _, text := range os.Args[5:] {
		var port, local int
		_, err := fmt.Sscanf(text, "%d=%d", &port, &local)
		check(text, err)
		go serve(s, port, local)
	}
	select {}
}
