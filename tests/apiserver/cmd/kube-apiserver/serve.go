package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register" // one of the log formats the server's defaults name
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// How long a server on a busy machine may take until it is ready.
const patience = 2 * time.Minute

// ready is the line a test waits for.
type ready struct {
	Server string `json:"server"`
	// The certificate authority as a file, and as a kubeconfig embeds it: base64 of the PEM text.
	CA     string `json:"ca"`
	CAData []byte `json:"caData"`
	Audit  string `json:"audit"`
}

// serve runs until the context ends.
func serve(ctx context.Context, dir string) error {
	logs.InitLogs()
	defer logs.FlushLogs()
	// The server warns its own loopback client of old API versions.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	etcd, address, err := startEtcd(ctx, filepath.Join(dir, "etcd"))
	if err != nil {
		return fmt.Errorf("starting etcd: %w", err)
	}
	defer etcd.Close()

	// An open listener handed over, where a flag would need the number of a port that someone else may take.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	completed, err := configure(ctx, dir, address, listener)
	if err != nil {
		return fmt.Errorf("configuring the server: %w", err)
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	announced := make(chan error, 1)
	go func() {
		err := announce(ctx, dir, listener.Addr())
		if err != nil {
			stop()
		}
		announced <- err
	}()
	if err := app.Run(ctx, completed); err != nil {
		return err
	}
	return <-announced
}

// configure is what NewAPIServerCommand does with its flags, and a listener, for which there is no flag.
func configure(ctx context.Context, dir, etcd string, listener net.Listener) (options.CompletedOptions, error) {
	arguments, err := prepare(dir)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	server := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	named := server.Flags()
	for _, set := range named.FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(append(arguments, "--etcd-servers="+etcd)); err != nil {
		return options.CompletedOptions{}, err
	}
	server.SecureServing.Listener = listener
	server.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port

	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	completed, err := server.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, errors.Join(completed.Validate()...)
}

// announce waits until the server is ready and says where it is.
func announce(ctx context.Context, dir string, address net.Addr) error {
	line := ready{
		Server: "https://" + address.String(),
		CA:     filepath.Join(dir, "certs", "apiserver.crt"),
		Audit:  filepath.Join(dir, "audit.log"),
	}
	var err error
	if line.CAData, err = os.ReadFile(line.CA); err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(line.CAData) {
		return fmt.Errorf("no certificate in %s", line.CA)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()

	waiting, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready after %s", patience))
	defer cancel()
	// The first namespaces are made in the background: a server that is ready may still lack `default`.
	for _, path := range []string{"/readyz", "/api/v1/namespaces/default"} {
		if err := await(waiting, client, line.Server+path); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(line)
}

// await asks until the answer is 200.
func await(ctx context.Context, client *http.Client, url string) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token("admin"))
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
