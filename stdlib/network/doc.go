// Package network is the scripts' module net: names, addresses and ports.
package network
