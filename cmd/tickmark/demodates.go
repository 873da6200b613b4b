package main

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tickmark/review"
)

// demoStory is the story of the sample company, told so many whole weeks later (or earlier) than it was written down that its
// last exports arrived less than a week ago: dates in its files, campaigns and reasons move with it.
type demoStory struct{ days int }

// storyAt is the story as it is told at a time.
func storyAt(now time.Time) demoStory {
	const week = 7
	written := demoStages()
	end := written[len(written)-1].Arrive.Add(time.Hour)
	days := int(now.Sub(end) / (24 * time.Hour))
	if now.Before(end) {
		days -= week
	}
	return demoStory{days / week * week}
}

func (s demoStory) date(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.AddDate(0, 0, s.days)
}

// stages are the visits to the company. A campaign is named after the quarter in which it was opened.
func (s demoStory) stages() []demoStage {
	stages := demoStages()
	for i := range stages {
		st := &stages[i]
		st.Arrive, st.Close = s.date(st.Arrive), s.date(st.Close)
		for j := range st.Sources {
			st.Sources[j].Options.ExportedAt = s.text(st.Sources[j].Options.ExportedAt)
		}
		if c := &st.Campaign; c.ID != "" {
			c.Due = s.date(c.Due)
			year, quarter := st.Arrive.Year(), (int(st.Arrive.Month())+2)/3
			first := time.Date(year, time.Month(3*quarter-2), 1, 0, 0, 0, 0, time.UTC)
			c.ID = review.CampaignID(fmt.Sprintf("%dq%d-core", year, quarter))
			c.Title = "Core systems, " + [4]string{"first", "second", "third", "fourth"}[quarter-1] + " quarter"
			c.PeriodStart, c.PeriodEnd = first.Format(time.DateOnly), first.AddDate(0, 3, -1).Format(time.DateOnly)
		}
	}
	return stages
}

// file gives a file of the sample company by its path below demo/.
func (s demoStory) file(name string) ([]byte, error) {
	b, err := demoFiles.ReadFile(path.Join("demo", name))
	if err != nil {
		return nil, err
	}
	text := s.text(string(b))
	if strings.HasSuffix(name, ".md") || strings.HasSuffix(name, "decisions.csv") {
		text = s.prose(text)
	}
	return []byte(text), nil
}

var (
	storyISO    = regexp.MustCompile(`\b20\d\d-\d\d-\d\d`)
	storyGerman = regexp.MustCompile(`\b\d\d\.\d\d\.20\d\d\b`)
	storyMonth  = regexp.MustCompile(`\b(?:(\d{1,2}) )?(January|February|March|April|May|June|July|August|September|October|November|December)(?: (20\d\d))?\b`)
)

// text moves the dates of an export: 2026-11-20 and 20.11.2026.
func (s demoStory) text(text string) string {
	for layout, dates := range map[string]*regexp.Regexp{time.DateOnly: storyISO, "02.01.2006": storyGerman} {
		text = dates.ReplaceAllStringFunc(text, func(d string) string {
			t, err := time.Parse(layout, d)
			if err != nil {
				return d
			}
			return s.date(t).Format(layout)
		})
	}
	return text
}

// prose moves the dates of sentences, "20 November 2026", "30 September" and "July", and the names of campaigns. A month
// without a day moves like its 18th, a date without a year is one of the year of the story.
func (s demoStory) prose(text string) string {
	text = storyMonth.ReplaceAllStringFunc(text, func(d string) string {
		part := storyMonth.FindStringSubmatch(d)
		dayOf, year := 18, demoStages()[0].Arrive.Year()
		if part[1] != "" {
			dayOf, _ = strconv.Atoi(part[1])
		}
		if part[3] != "" {
			year, _ = strconv.Atoi(part[3])
		}
		month, err := time.Parse("January", part[2])
		if err != nil {
			return d
		}
		t := s.date(time.Date(year, month.Month(), dayOf, 0, 0, 0, 0, time.UTC))
		layout := "January"
		if part[1] != "" {
			layout = "2 January"
		}
		if part[3] != "" {
			layout += " 2006"
		}
		return t.Format(layout)
	})
	told := s.stages()
	for i, written := range demoStages() {
		if written.Campaign.ID != "" {
			text = strings.ReplaceAll(text, string(written.Campaign.ID), string(told[i].Campaign.ID))
		}
	}
	return text
}
