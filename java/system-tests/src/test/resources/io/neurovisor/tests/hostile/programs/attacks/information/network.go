// Reaches other machines, in Go.
// @promise virtual machine
// @layer 6
// @refused metadata ENETUNREACH
// @refused internet ENETUNREACH
// @held interfaces 1
// @held resolver false
package main

import "net"

func main() {
	_, err := net.Dial("tcp", "169.254.169.254:80")
	attempt("metadata", err)
	_, err = net.Dial("udp", "8.8.8.8:53")
	attempt("internet", err)
	interfaces, _ := net.Interfaces()
	held("interfaces", len(interfaces) == 1, len(interfaces))
	_, err = net.LookupHost("example.com")
	held("resolver", err != nil, err == nil)
}
