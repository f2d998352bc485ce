//! Kubernetes: kubeconfig, credentials, connections, reads and writes.
