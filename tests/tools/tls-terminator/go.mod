// Builds a server of TLS that shows any certificate, by the standard library alone: what Go serves, kubectl and istiod may meet.
module mesh-tools/tls-terminator

go 1.26.0
