package main

import (
	"context"
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd runs etcd on loopback ports of the kernel's choice and returns the address clients use.
func startEtcd(ctx context.Context, dir string) (*embed.Etcd, string, error) {
	anyPort := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "error"
	config.ListenClientUrls, config.AdvertiseClientUrls = anyPort, anyPort
	config.ListenPeerUrls, config.AdvertisePeerUrls = anyPort, anyPort
	// The gateway would only try, for ever, to reach its own server at the port 0 that is advertised.
	config.EnableGRPCGateway = false
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// The data never outlives the process.
	config.UnsafeNoFsync = true
	// There is nobody to lose an election to: the defaults only delay the start by a second.
	config.TickMs, config.ElectionMs = 10, 100

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, "", err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, fmt.Sprintf("http://%s", etcd.Clients[0].Addr()), nil
	case err := <-etcd.Err():
		return nil, "", err
	case <-ctx.Done():
		etcd.Close()
		return nil, "", context.Cause(ctx)
	}
}
