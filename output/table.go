package output

import (
	"bufio"
	"encoding/json"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

const (
	gap         = "  " // between columns
	minShort    = 8    // what a shortened column keeps at least
	prettyLimit = 500  // rows that tablewriter draws, at about 20,000 a second; more we draw ourselves
)

// table writes Table and Wide. The width of a column is known when all rows are, so that it writes on close.
type table[T any] struct {
	out  *bufio.Writer
	cols []Column[T]
	grid grid
}

func newTable[T any](out *bufio.Writer, o Options, cols []Column[T]) *table[T] {
	t := &table[T]{out: out, cols: cols, grid: grid{limit: o.Width, headers: o.Headers, paint: newPaint(o.Color), text: []byte{}}}
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
	return nil
}

func (t *table[T]) close(json.RawMessage) error {
	g := &t.grid
	g.fit()
	if g.rows() > prettyLimit {
		return g.drawFast(t.out)
	}
	return g.drawPretty(t.out)
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
	width          int // set by fit
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

// fit gives each column the width of its widest cell, then takes from those that may be shortened, always from the
// widest, until the line fits or nothing is left to take. A header is never cut.
func (g *grid) fit() {
	total := len(gap) * (len(g.cols) - 1)
	for i := range g.cols {
		c := &g.cols[i]
		c.width = 1 // tablewriter has no narrower one
		if g.headers {
			c.width = max(c.width, displayWidth([]byte(c.name)))
		}
		for j := i; j < len(g.cells); j += len(g.cols) {
			c.width = max(c.width, g.cells[j].width)
		}
		total += c.width
	}
	for ; g.limit > 0 && total > g.limit; total-- {
		widest := g.widestShortenable()
		if widest == nil {
			return
		}
		widest.width--
	}
}

func (g *grid) widestShortenable() *gridColumn {
	var widest *gridColumn
	for i := range g.cols {
		c := &g.cols[i]
		least := minShort
		if g.headers {
			least = max(least, displayWidth([]byte(c.name)))
		}
		if c.shorten && c.width > least && (widest == nil || c.width > widest.width) {
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
		text, width = shorten(text, limit), limit
	}
	return g.paint.append(dst, cell.tone, text), width
}

// shorten cuts text and makes it limit wide with the … that stands for the rest. Where that is half of a wide character
// too little, a blank follows.
func shorten(text []byte, limit int) []byte {
	width, end := 0, 0
	for end < len(text) {
		_, size := utf8.DecodeRune(text[end:])
		w := displayWidth(text[end : end+size])
		if width+w > limit-1 {
			break
		}
		width += w
		end += size
	}
	short := append(text[:end:end], "…"...)
	return appendBlanks(short, limit-1-width)
}

// displayWidth is how many columns text takes on a terminal. It counts as tablewriter does, without its globals, which
// follow LANG and other variables.
func displayWidth(text []byte) int {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return twwidth.WidthWithOptions(string(text), twwidth.Options{})
		}
	}
	return len(text)
}
