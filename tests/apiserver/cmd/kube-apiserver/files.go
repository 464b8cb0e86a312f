package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// people may log in with the token that token derives from their name. `reader` starts without any rights of its own.
var people = []struct{ name, groups string }{
	{"admin", "system:masters"},
	{"reader", ""},
	{"alice@example.com", "system:masters"},
	{"bob@example.com", "system:masters"},
}

// The server's talk to itself would drown what the tests look for.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: None
    users: ["system:apiserver"]
  - level: Metadata
`

// token is a bearer token, and no secret: it opens a server on loopback that lives for a few seconds.
func token(person string) string {
	name, _, _ := strings.Cut(person, "@")
	return name + "-token"
}

// prepare writes the files the server reads and returns the flags that name them, with all the others.
func prepare(dir string) ([]string, error) {
	var tokens strings.Builder
	for number, person := range people {
		fmt.Fprintf(&tokens, "%s,%s,%d", token(person.name), person.name, number+1)
		if person.groups != "" {
			fmt.Fprintf(&tokens, ",%q", person.groups)
		}
		tokens.WriteByte('\n')
	}
	key, err := serviceAccountKey()
	if err != nil {
		return nil, fmt.Errorf("generating a key: %w", err)
	}
	for name, content := range map[string]string{
		"tokens.csv": tokens.String(),
		"audit.yaml": auditPolicy,
		"sa.key":     key,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}

	at := func(name string) string { return filepath.Join(dir, name) }
	return []string{
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--cert-dir=" + at("certs"),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC",
		"--token-auth-file=" + at("tokens.csv"),
		"--service-account-issuer=https://localhost",
		"--service-account-key-file=" + at("sa.key"),
		"--service-account-signing-key-file=" + at("sa.key"),
		// Nothing makes service accounts without the controller manager, and pods would wait for theirs.
		"--disable-admission-plugins=ServiceAccount",
		"--allow-privileged=true",
		"--enable-priority-and-fairness=false",
		"--audit-policy-file=" + at("audit.yaml"),
		"--audit-log-path=" + at("audit.log"),
	}, nil
}

// serviceAccountKey is what the server insists on signing service accounts' tokens with.
func serviceAccountKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), nil
}
