package output

import (
	"bufio"
	"bytes"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// drawTablewriter draws the grid with tablewriter, which is told everything that it would otherwise decide: it rewrites
// headers, wraps, trims and follows the environment.
func drawTablewriter(g *grid, out *bufio.Writer) error {
	align := tw.CellAlignment{Global: tw.AlignLeft}
	for _, c := range g.cols {
		align.PerColumn = append(align.PerColumn, columnAlign(c))
	}
	var buf bytes.Buffer // tablewriter loses write errors
	t := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbolCustom("gap").WithColumn(gap),
			Settings: tw.Settings{
				Lines:      tw.LinesNone,
				Separators: tw.Separators{ShowHeader: tw.Off, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.On},
			},
		})),
		tablewriter.WithPadding(tw.PaddingNone),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(align),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAlignmentConfig(align),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithEastAsian(tw.Off),
	)
	if g.headers {
		t.Header(g.header())
	}
	if err := t.Bulk(stringsOf(g)); err != nil {
		return err
	}
	if err := t.Render(); err != nil {
		return err
	}
	for line := range bytes.Lines(buf.Bytes()) {
		if err := writeLine(out, line); err != nil {
			return err
		}
	}
	return nil
}

func columnAlign(c gridColumn) tw.Align {
	if c.right {
		return tw.AlignRight
	}
	return tw.AlignLeft
}

// stringsOf returns the rows as they are shown, cell by cell.
func stringsOf(g *grid) [][]string {
	rows := make([][]string, g.rows())
	for i := range g.cells {
		cell, _ := g.appendCell(nil, i)
		row := &rows[i/len(g.cols)]
		*row = append(*row, string(cell))
	}
	return rows
}
