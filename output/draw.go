package output

import (
	"bufio"
	"bytes"
	"slices"

	"github.com/fatih/color"
)

// header returns the header cells, coloured.
func (g *grid) header() []string {
	var cells []string
	for _, c := range g.cols {
		cells = append(cells, g.paint.header(c.name))
	}
	return cells
}

// draw draws the grid. tablewriter, which the tests hold it against, takes some twenty times as long, has no least
// widths, loses write errors, and would be 0.7 MB of the binary.
func (g *grid) draw(out *bufio.Writer) error {
	var line []byte
	if g.headers {
		for i, name := range g.header() {
			line = g.appendAligned(line, i, []byte(name), displayWidth([]byte(g.cols[i].name)))
		}
		if err := writeLine(out, line); err != nil {
			return err
		}
	}
	var cell []byte
	for i := range g.cells {
		col := i % len(g.cols)
		if col == 0 {
			line = line[:0]
		}
		var width int
		cell, width = g.appendCell(cell[:0], i)
		line = g.appendAligned(line, col, cell, width)
		if col < len(g.cols)-1 {
			continue
		}
		if err := writeLine(out, line); err != nil {
			return err
		}
	}
	return nil
}

// appendAligned appends a cell of column col that is width wide.
func (g *grid) appendAligned(line []byte, col int, cell []byte, width int) []byte {
	if col > 0 {
		line = append(line, gap...)
	}
	pad := g.cols[col].width - width
	if !g.cols[col].right {
		line = append(line, cell...)
		return appendBlanks(line, pad)
	}
	line = appendBlanks(line, pad)
	return append(line, cell...)
}

func appendBlanks(line []byte, n int) []byte {
	line = slices.Grow(line, n)
	for range n {
		line = append(line, ' ')
	}
	return line
}

// writeLine writes line without the blanks at its end, which spoil copying and diffs.
func writeLine(out *bufio.Writer, line []byte) error {
	_, _ = out.Write(bytes.TrimRight(line, " \n")) // a failure comes back from the line end
	return out.WriteByte('\n')
}

// paint colours cells. The zero value leaves them as they are. The colours are our own, not the globals of the color
// package, which follow the terminal of standard output.
type paint struct {
	head  *color.Color
	tones [Faint + 1]*color.Color
}

func newPaint(on bool) paint {
	if !on {
		return paint{}
	}
	p := paint{head: color.New(color.Bold)}
	p.tones[Good] = color.New(color.FgGreen)
	p.tones[Warn] = color.New(color.FgYellow)
	p.tones[Bad] = color.New(color.FgRed)
	p.tones[Faint] = color.New(color.Faint)
	p.head.EnableColor()
	for _, c := range p.tones[Good:] {
		c.EnableColor()
	}
	return p
}

func (p *paint) header(name string) string {
	if p.head == nil {
		return name
	}
	return p.head.Sprint(name)
}

func (p *paint) append(dst []byte, tone Tone, text []byte) []byte {
	if p.tones[tone] == nil || len(text) == 0 {
		return append(dst, text...)
	}
	return append(dst, p.tones[tone].Sprint(string(text))...)
}
