// Package parent is what a context needs in order to have children: the Factory
// that creates them by a transport, the handshake with them, and their orderly end.
//
// A set-up goes: transport (a process or a connection), first stage where the
// transport ends in a shell, handshake, route. With via the request goes to that
// context's own Factory, by the service "connect", and only the answer comes back.
package parent
