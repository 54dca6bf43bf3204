package output

import (
	"bufio"
	"encoding/json"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

const (
	gap      = "  " // between columns
	maxWhole = 15   // a column no wider is never shortened: the longest IPv4 address
	minShort = 12   // what a shortened column keeps at least
)

// table writes Table and Wide. The width of a column is known when all rows are, so that it writes on close, or
// block by block where there is no end to the rows.
type table[T any] struct {
	out   *bufio.Writer
	cols  []Column[T]
	block int
	grid  grid
}

func newTable[T any](out *bufio.Writer, o Options, cols []Column[T]) *table[T] {
	t := &table[T]{out: out, cols: cols, block: o.Block, grid: grid{limit: o.Width, headers: o.Headers, paint: newPaint(o.Color), text: []byte{}}}
	for _, c := range cols {
		t.grid.cols = append(t.grid.cols, gridColumn{name: c.Name, right: c.Right, shorten: c.Shorten})
	}
	return t
}

func (t *table[T]) row(row *T) error {
	for i := range t.cols {
		c := &t.cols[i]
		var tone Tone
		if c.Tone != nil {
			tone = c.Tone(row)
		}
		t.grid.add(c.appendCell(t.grid.text, row), tone)
	}
	if t.block > 0 && t.grid.rows() == t.block {
		return t.drawBlock()
	}
	return nil
}

// drawBlock draws the rows so far. Those that follow have no header, and columns at least as wide.
func (t *table[T]) drawBlock() error {
	if err := t.draw(); err != nil {
		return err
	}
	g := &t.grid
	g.text, g.cells, g.headers = g.text[:0], g.cells[:0], false
	for i := range g.cols {
		g.cols[i].min = g.cols[i].width
	}
	return t.out.Flush()
}

// flush draws what there is, where blocks are wanted.
func (t *table[T]) flush() error {
	if t.block > 0 && t.grid.rows() > 0 {
		return t.drawBlock()
	}
	return nil
}

func (t *table[T]) close(json.RawMessage) error { return t.draw() }

func (t *table[T]) draw() error {
	t.grid.fit()
	return t.grid.draw(t.out)
}

// grid is a table made text: all cells in one piece of memory, row after row.
type grid struct {
	cols    []gridColumn
	headers bool
	limit   int // width of the terminal, 0 is unlimited
	paint   paint
	text    []byte
	cells   []gridCell
}

type gridColumn struct {
	name           string
	right, shorten bool
	width, least   int // set by fit
	min            int // of the blocks before
}

type gridCell struct {
	end   int // in text; a cell begins where the one before it ends
	width int // on a terminal, before shortening
	tone  Tone
}

// add takes text, grown by the next cell.
func (g *grid) add(text []byte, tone Tone) {
	g.cells = append(g.cells, gridCell{end: len(text), width: displayWidth(text[len(g.text):]), tone: tone})
	g.text = text
}

func (g *grid) rows() int {
	if len(g.cols) == 0 {
		return 0
	}
	return len(g.cells) / len(g.cols)
}

// fit gives each column the width of its widest cell. Where that is more than the terminal has, it takes from those
// that may be shortened, always from the widest, until the line fits. A line that would not fit then either is left
// whole: it wraps all the same, and what was cut would be lost for nothing.
func (g *grid) fit() {
	g.measure()
	total := len(gap) * (len(g.cols) - 1)
	least := total
	for _, c := range g.cols {
		total += c.width
		least += c.least
	}
	if g.limit <= 0 || least > g.limit {
		return
	}
	for ; total > g.limit; total-- {
		g.widest().width--
	}
}

// measure sets how wide each column is whole, and how narrow it may become. A header is never cut.
func (g *grid) measure() {
	for i := range g.cols {
		c := &g.cols[i]
		header := max(1, c.min)
		if g.headers {
			header = max(header, displayWidth([]byte(c.name)))
		}
		c.width = header
		for j := i; j < len(g.cells); j += len(g.cols) {
			c.width = max(c.width, g.cells[j].width)
		}
		c.least = c.width
		if c.shorten && c.width > maxWhole {
			c.least = max(minShort, header)
		}
	}
}

// widest returns the widest column that can become narrower, the first of several. Nil is none.
func (g *grid) widest() *gridColumn {
	var widest *gridColumn
	for i := range g.cols {
		c := &g.cols[i]
		if c.width > c.least && (widest == nil || c.width > widest.width) {
			widest = c
		}
	}
	return widest
}

// appendCell appends cell i, shortened and coloured, and returns its width on a terminal.
func (g *grid) appendCell(dst []byte, i int) ([]byte, int) {
	start := 0
	if i > 0 {
		start = g.cells[i-1].end
	}
	cell := g.cells[i]
	text, width := g.text[start:cell.end], cell.width
	if limit := g.cols[i%len(g.cols)].width; width > limit {
		text, width = shorten(text, width, limit), limit
	}
	return g.paint.append(dst, cell.tone, text), width
}

// shorten makes text, which is width wide, limit wide: … stands for its middle, and half of what stays is its end,
// where the ids of one client differ. Where the next piece is wider than the room left, blanks follow.
func shorten(text []byte, width, limit int) []byte {
	tail, tailWidth := 0, width
	for tailWidth > (limit-1)/2 {
		size, w := piece(text[tail:])
		tail += size
		tailWidth -= w
	}
	head, room := 0, limit-1-tailWidth
	for {
		size, w := piece(text[head:])
		if w > room {
			break
		}
		head += size
		room -= w
	}
	short := append(text[:head:head], "…"...)
	short = append(short, text[tail:]...)
	return appendBlanks(short, room)
}

// piece is how many bytes and columns of a terminal the first thing in text takes that cannot be cut: an escape, or a
// character with the marks that follow it and have no width of their own.
func piece(text []byte) (size, width int) {
	_, size = utf8.DecodeRune(text)
	if text[0] == '\\' {
		if _, n, err := unescapeByte(string(text[:min(4, len(text))])); err == nil {
			size = n
		}
	}
	width = displayWidth(text[:size])
	for size < len(text) {
		_, n := utf8.DecodeRune(text[size:])
		if displayWidth(text[size:size+n]) > 0 {
			break
		}
		size += n
	}
	return size, width
}

// displayWidth is how many columns text takes on a terminal, whatever the environment says: characters of ambiguous
// width take one. It goes by characters, since few terminals draw what is joined of several as one.
func displayWidth(text []byte) int {
	width := 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			width++ // others than printable ones are escaped
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		width += displaywidth.Options{}.Rune(r)
		i += size
	}
	return width
}
