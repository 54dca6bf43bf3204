package clientconfig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// processTimeout is the SDKs' own for a credential_process.
const processTimeout = time.Minute

// process runs a profile's credential_process, as the SDKs do, by the shell. What it prints is shown nowhere.
func (c *awsChain) process(ctx context.Context, source, command string) (awsFound, error) {
	const hint = "run the profile's credential_process by hand, to see what it says"
	source += ", credential_process"
	limited, cancel := context.WithTimeout(ctx, processTimeout)
	defer cancel()
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd.exe", "/C"
	}
	cmd := exec.CommandContext(limited, shell, flag, command)
	cmd.WaitDelay = time.Second // for children of its own that keep its output open
	endWithChildren(cmd)
	out := &boundedBuffer{left: maxSmallFile}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return awsFound{}, &TokenError{What: awsCredentials, Source: source, Err: flat(ctx.Err())}
	case limited.Err() != nil:
		return awsFound{}, noAWS(source, fmt.Sprintf("it gave nothing within %s", processTimeout), hint)
	case out.full:
		return awsFound{}, noAWS(source, "it prints too much", hint)
	case err != nil:
		return awsFound{}, noAWS(source, foreign(err.Error()), hint)
	}
	var j awsKeysJSON
	if json.Unmarshal(out.data.Bytes(), &j) != nil || j.Version != 1 {
		return awsFound{}, noAWS(source, `it did not print a JSON object with "Version": 1`, hint)
	}
	f, wrong := j.found()
	if wrong != "" {
		return awsFound{}, noAWS(source, wrong, hint)
	}
	return f, nil
}

// boundedBuffer takes no more than a number of bytes. The buffer is not embedded, or its ReadFrom would pass Write by.
type boundedBuffer struct {
	data bytes.Buffer
	left int
	full bool // something was too much
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.full = b.full || len(p) > b.left; b.full {
		return 0, errors.New("too much")
	}
	b.left -= len(p)
	return b.data.Write(p)
}
