package scorer

import (
	"strconv"
	"strings"
	"time"
)

func (column *column) date(cell Cell) (any, string) {
	if column.lacks(cell) {
		return column.nat, ""
	}
	switch cell := cell.(type) {
	case time.Time:
		return column.nanoseconds(cell), ""
	case string:
		parts, _ := column.parts(cell)
		if parts == nil {
			return nil, "a date"
		}
		moment, isMoment := momentOf(parts)
		if !isMoment || !column.isWithin(moment.Year()) {
			return column.nat, ""
		}
		return moment.UnixNano() - ahead(parts["zone"])*int64(time.Second), ""
	default:
		return nil, "a date"
	}
}

func (column *column) nanoseconds(moment time.Time) int64 {
	if !column.isWithin(moment.UTC().Year()) {
		return column.nat
	}
	return moment.UnixNano()
}

func (column *column) isWithin(year int) bool {
	years := column.contract.Date.Years
	return years[0] <= year && year <= years[1]
}

// momentOf is false for what is none of the calendar or the clock.
func momentOf(parts map[string]string) (time.Time, bool) {
	hour := digitsOf(parts["hour"])
	if half := strings.ToLower(parts["half"]); half != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, false
		}
		hour %= 12
		if half == "p" {
			hour += 12
		}
	}
	year, month, day := digitsOf(parts["year"]), digitsOf(parts["month"]), digitsOf(parts["day"])
	minute, second := digitsOf(parts["minute"]), digitsOf(parts["second"])
	fraction := digitsOf((parts["fraction"] + "000000000")[:9])
	moment := time.Date(year, time.Month(month), day, hour, minute, second, fraction, time.UTC)
	isDay := moment.Year() == year && int(moment.Month()) == month && moment.Day() == day
	return moment, isDay && hour < 24 && minute < 60 && second < 60
}

func digitsOf(digits string) int {
	number, _ := strconv.Atoi(digits) // a part that is not there is 0
	return number
}

// ahead are the seconds that a zone is ahead of UTC.
func ahead(zone string) int64 {
	if zone == "" || !strings.ContainsRune("+-", rune(zone[0])) {
		return 0
	}
	digits := (strings.ReplaceAll(zone[1:], ":", "") + "00")[:4]
	seconds := int64(digitsOf(digits[:2])*3600 + digitsOf(digits[2:])*60)
	if zone[0] == '-' {
		return -seconds
	}
	return seconds
}
