//go:build kafka

package kafkatest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// compiled returns the folder with the classes of a Java source. It is compiled once, and then comes from the cache: a JVM
// that is given the source compiles it at every start, for a second or two of both cores.
func compiled(ctx context.Context, file string, source []byte, classpath string) (string, error) {
	root, err := cacheFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(classpath+"\n"), source...))
	dir := filepath.Join(root, "classes-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	temp, err := os.MkdirTemp(root, "compiling-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, file)
	if err := os.WriteFile(path, source, 0o644); err != nil {
		return "", err
	}
	if log, err := exec.CommandContext(ctx, "javac", "-nowarn", "-d", temp, "-cp", classpath, path).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling %s: %w\n%s", file, err, tail(log, 20))
	}
	if err := os.Rename(temp, dir); err != nil && !errors.Is(err, fs.ErrExist) { // else another process was first
		return "", err
	}
	return dir, nil
}
