// Package web is the scripts' module http.
//
// It speaks HTTP/1.1 itself, over net and crypto/tls: net/http would make the
// child 290 KB bigger (gzip), and the child is sent to targets.
//
//	module, request, answer, download   what scripts see
//	client, redirect                    one request, with what it leads to
//	pool, dial, proxy                   connections
//	send, head, body                    HTTP/1.1 on a connection
package web
