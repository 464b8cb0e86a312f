// The controllers of the tests' Kubernetes, without a scheduler or a node: Pods stay pending, everything above them moves.
//
// Like the API server it lives as long as its standard input stays open.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register" // one of the log formats the defaults name
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// What users meet as "somebody else changed my object". Garbage collection is not among them: it would watch every kind.
const controllers = "deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller," +
	"job-controller,cronjob-controller,horizontal-pod-autoscaler-controller,namespace-controller," +
	"endpointslice-controller,clusterrole-aggregation-controller"

func main() {
	flags := flag.NewFlagSet("kube-controller-manager", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "where the API server is, and a token that may do everything")
	// The flag set exits by itself on a mistake.
	_ = flags.Parse(os.Args[1:])
	if *kubeconfig == "" {
		fmt.Fprintln(os.Stderr, "kube-controller-manager: --kubeconfig is missing")
		os.Exit(1)
	}

	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		// Nothing here is worth an orderly stop: all that matters is in the API server.
		os.Exit(0)
	}()

	command := app.NewControllerManagerCommand()
	command.SetArgs([]string{
		"--kubeconfig=" + *kubeconfig,
		"--authentication-kubeconfig=" + *kubeconfig,
		"--authorization-kubeconfig=" + *kubeconfig,
		"--leader-elect=false",
		// Nobody asks it anything.
		"--secure-port=0",
		"--controllers=" + controllers,
		// The default lets a test wait for 15 s.
		"--horizontal-pod-autoscaler-sync-period=1s",
	})
	os.Exit(cli.Run(command))
}
