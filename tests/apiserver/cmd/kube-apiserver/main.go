// The tests' Kubernetes: the real API server and its etcd in one process that needs nothing but an empty folder.
//
// It prints one line of JSON when it is ready, and lives as long as its standard input stays open. That is what
// makes it safe to start from a test: however the test ends, its end of the pipe closes and the server follows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// How long an orderly stop may take. Nothing here outlives the process, so there is little to wait for.
const grace = 3 * time.Second

func main() {
	flags := flag.NewFlagSet("kube-apiserver", flag.ExitOnError)
	dir := flags.String("dir", "", "an empty or missing folder, filled with data, keys, tokens and logs")
	// The flag set exits by itself on a mistake.
	_ = flags.Parse(os.Args[1:])

	if err := run(*dir); err != nil {
		fmt.Fprintf(os.Stderr, "kube-apiserver: %v\n", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	dir, err := claim(dir)
	if err != nil {
		return err
	}
	console, err := redirectLog(filepath.Join(dir, "server.log"))
	if err != nil {
		return err
	}
	// main reports on the real standard error, not in the log.
	defer func() { os.Stderr = console }()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	var abandoned atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		abandoned.Store(true)
		stop()
	}()

	// What the server considers fatal, like a start that is interrupted, would end the process right there.
	fatal := make(chan error, 1)
	klog.OsExit = func(int) {
		select {
		case fatal <- errors.New("the server gave up"):
		default:
		}
		select {}
	}

	served := make(chan error, 1)
	go func() { served <- serve(ctx, dir) }()
	select {
	case err = <-served:
	case err = <-fatal:
	case <-ctx.Done():
		select {
		case err = <-served:
		case <-time.After(grace):
		}
	}

	if abandoned.Load() {
		// Whoever made the folder is gone, and everything in it was written by this process.
		return errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// claim makes the folder this process may fill, and remove when it is abandoned: hence never one with content.
func claim(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("--dir is missing")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("the folder %s is not empty", dir)
	}
	return dir, nil
}

// redirectLog sends all that etcd, the server and a panic write on standard error to a file, and returns the
// standard error there was before.
func redirectLog(path string) (*os.File, error) {
	console, err := unix.Dup(unix.Stderr)
	if err != nil {
		return nil, fmt.Errorf("keeping standard error: %w", err)
	}
	unix.CloseOnExec(console)
	log, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if err := unix.Dup3(int(log.Fd()), unix.Stderr, 0); err != nil {
		return nil, fmt.Errorf("redirecting standard error: %w", err)
	}
	return os.NewFile(uintptr(console), "console"), nil
}
