//go:build kafka

package kafkatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The versions of the Java clients. They are the newest whatever the broker: that is what people run.
const (
	clientVersion         = "4.3.1"
	flinkVersion          = "2.2.1"
	flinkConnectorVersion = "5.0.0-2.2"
	kerbyVersion          = "2.1.0"
)

// slf4j-simple rather than nop: the only way to learn from a broker that could not bind its port is its log.
const slf4jSimple = "org.slf4j:slf4j-simple:1.7.36"

// brokerJars are the artifacts of brokers and of Kafka's command-line tools.
func brokerJars(version string) []string {
	return []string{"org.apache.kafka:kafka_2.13:" + version, "org.apache.kafka:kafka-tools:" + version, slf4jSimple}
}

// clientJars are those of the clients in the folder java, but for Flink, which brings its own Kafka client.
func clientJars() []string {
	return []string{"org.apache.kafka:kafka-clients:" + clientVersion, "org.apache.kafka:kafka-streams:" + clientVersion, slf4jSimple}
}

// kdcJars are those of a KDC. It is a KDC in Java, so that nothing has to be installed for it.
func kdcJars() []string {
	return []string{"org.apache.kerby:kerb-simplekdc:" + kerbyVersion, slf4jSimple}
}

func flinkJars() []string {
	var jars []string
	for _, name := range []string{"streaming-java", "clients", "connector-base"} {
		jars = append(jars, "org.apache.flink:flink-"+name+":"+flinkVersion)
	}
	return append(jars, "org.apache.flink:flink-connector-kafka:"+flinkConnectorVersion, slf4jSimple)
}

// classpath returns the Java class path of the artifacts (group:name:version) and all they need. Maven resolves
// it once; then it is read from the cache, as long as all its jars still exist.
func classpath(ctx context.Context, artifacts []string) (string, error) {
	root, err := cacheFolder()
	if err != nil {
		return "", err
	}
	pom := pomOf(artifacts)
	sum := sha256.Sum256(pom)
	dir := filepath.Join(root, hex.EncodeToString(sum[:6]))
	if cp, ok := readClasspath(dir); ok {
		return cp, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// One Maven at a time, for all test processes: version 3.8 does not lock its local repository.
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("locking %s: %w", lock.Name(), err)
	}
	if cp, ok := readClasspath(dir); ok {
		return cp, nil
	}
	return resolve(ctx, dir, pom)
}

// cacheFolder is where class paths are kept between runs.
func cacheFolder() (string, error) {
	if dir := os.Getenv("OFFSETCTL_TEST_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "offsetctl-test"), err
}

// readClasspath reads what resolve wrote; false if that is missing or one of its jars was cleaned away since.
func readClasspath(dir string) (string, bool) {
	text, err := os.ReadFile(filepath.Join(dir, "classpath"))
	if err != nil || len(text) == 0 {
		return "", false
	}
	for _, jar := range filepath.SplitList(string(text)) {
		if _, err := os.Stat(jar); err != nil {
			return "", false
		}
	}
	return string(text), true
}

// resolve asks Maven. The caller holds the lock; the rename is for those who read without it.
func resolve(ctx context.Context, dir string, pom []byte) (string, error) {
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), pom, 0o644); err != nil {
		return "", err
	}
	out := filepath.Join(dir, "classpath.new")
	mvn := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", filepath.Join(dir, "pom.xml"),
		"dependency:build-classpath", "-Dmdep.outputFile="+out)
	if log, err := mvn.CombinedOutput(); err != nil {
		return "", fmt.Errorf("resolving jars with Maven: %w\n%s", err, tail(log, 20))
	}
	if err := os.Rename(out, filepath.Join(dir, "classpath")); err != nil {
		return "", err
	}
	cp, ok := readClasspath(dir)
	if !ok {
		return "", fmt.Errorf("resolving jars with Maven: %s has missing jars", filepath.Join(dir, "classpath"))
	}
	return cp, nil
}

// pomOf is a project whose only purpose is to depend on the artifacts. Kafka 3.9's tools bring a log binding of
// their own; two of them make every tool complain on standard error.
func pomOf(artifacts []string) []byte {
	var b bytes.Buffer
	b.WriteString("<project><modelVersion>4.0.0</modelVersion>" +
		"<groupId>test</groupId><artifactId>classpath</artifactId><version>1</version><dependencies>\n")
	for _, a := range artifacts {
		part := strings.Split(a, ":")
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>"+
			"<exclusions><exclusion><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId></exclusion></exclusions>"+
			"</dependency>\n", part[0], part[1], part[2])
	}
	b.WriteString("</dependencies></project>\n")
	return b.Bytes()
}

// tail returns the last n lines of a log.
func tail(log []byte, n int) []byte {
	lines := bytes.SplitAfter(bytes.TrimRight(log, "\n"), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-n):], nil)
}
