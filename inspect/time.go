package inspect

import "strconv"

// AppendTime appends a time in RFC 3339, in UTC and with milliseconds. Years beyond what the format can say, as garbage may
// have, are printed as milliseconds.
func AppendTime(dst []byte, ms int64) []byte {
	const first, last = -62167219200000, 253402300799999 // years 0 to 9999
	if ms < first || ms > last {
		return strconv.AppendInt(dst, ms, 10)
	}
	// By hand, since each record has one and package time takes longer than all the rest of a commit.
	const day = 24 * 60 * 60 * 1000
	ms -= first // of the year 0
	year, month, date := civil(uint32(ms / day))
	ms %= day
	dst = append(dst, digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(month/10), digit(month), '-', digit(date/10), digit(date), 'T')
	seconds, millis := uint32(ms/1000), uint32(ms%1000)
	dst = append(dst, digit(seconds/36000), digit(seconds/3600%10), ':', digit(seconds/600%6), digit(seconds/60%10), ':', digit(seconds/10%6), digit(seconds))
	return append(dst, '.', digit(millis/100), digit(millis/10), digit(millis), 'Z')
}

// digit is the last digit of n.
func digit(n uint32) byte { return '0' + byte(n%10) }

// civil is the date of a day, counted from January 1 of the year 0, in the calendar of today. Its year begins with
// March, so that the leap day is its last: see "Euclidean affine functions and their application to calendar
// algorithms" (Neri and Schneider), whose plain form this is.
func civil(days uint32) (year, month, date uint32) {
	const era = 146097      // days of 400 years
	days += era - 60        // from March 1 of the year -400
	year = days / era * 400 // of the era
	d := days % era         // in it
	y := (d - d/1460 + d/36524 - d/146096) / 365
	year += y
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	date = d - (153*m+2)/5 + 1
	month = m + 3
	if month > 12 {
		month, year = month-12, year+1
	}
	return year - 400, month, date
}
