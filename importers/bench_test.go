package importers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"tickmark/review"
)

// nothing is a Sink that drops everything.
type nothing struct{}

func (nothing) Reset() error                                  { return nil }
func (nothing) Account(*review.Account) error                 { return nil }
func (nothing) Entitlement(*review.Entitlement, string) error { return nil }
func (nothing) Grant(*review.Grant) error                     { return nil }
func (nothing) Worker(*review.Worker) error                   { return nil }
func (nothing) SoDRule(*review.SoDRule) error                 { return nil }
func (nothing) Link(*review.Link) error                       { return nil }
func (nothing) Ownership(*review.Ownership) error             { return nil }
func (nothing) Usage(*review.Usage) error                     { return nil }
func (nothing) Evidence(*review.Evidence) error               { return nil }
func (nothing) Reject(review.Reject) error                    { return nil }

const bigHeader = "user,display_name,email,department,title,manager,system,role,resource,status,created,last_login,granted,last_used,mfa\n"

// bigRow is row i of a made-up export of 15 columns, about 156 bytes long.
func bigRow(b []byte, i int) []byte {
	u := i / 8 // eight grants an account
	return fmt.Appendf(b, "user%07d,First%d Last%d,user%07d@corp.example,Dept %d,Title %d,mgr%05d@corp.example,app%d,role-%d,res/%d,active,2021-%02d-%02d,2025-%02d-%02dT08:00:00Z,2023-%02d-%02d,2025-%02d-%02dT10:15:00Z,true\n",
		u, u%5000, u%7001, u, u%40, u%300, u%900, u%5, i%997, i%1301, u%12+1, u%28+1, u%12+1, u%28+1, i%12+1, i%28+1, i%12+1, i%28+1)
}

func bigCSV(rows int) []byte {
	b := []byte(bigHeader)
	for i := range rows {
		b = bigRow(b, i)
	}
	return b
}

func benchmarkRead(b *testing.B, file []byte, args ...string) {
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		in := Input{Name: "big", Size: int64(len(file)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}
		if _, err := Read(context.Background(), in, options(args...), nothing{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { benchmarkRead(b, bigCSV(rows)) })
	}
}

// BenchmarkReadQuoted is the same file with every cell in quotes.
func BenchmarkReadQuoted(b *testing.B) {
	file := bigCSV(100_000)
	file = bytes.ReplaceAll(bytes.ReplaceAll(file, []byte(","), []byte(`","`)), []byte("\n"), []byte("\"\n\""))
	file = append([]byte{'"'}, file[:len(file)-1]...)
	benchmarkRead(b, file)
}

// bigJSON is the same made-up export as a JSON array, about 365 bytes a record.
func bigJSON(rows int) []byte {
	b := []byte("[")
	for i := range rows {
		u := i / 8
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = fmt.Appendf(b, `  {"user": "user%07d", "display_name": "First%d Last%d", "email": "user%07d@corp.example", "department": "Dept %d", "title": "Title %d", "manager": "mgr%05d@corp.example", "system": "app%d", "role": "role-%d", "resource": "res/%d", "status": "active", "created": "2021-%02d-%02d", "last_login": "2025-%02d-%02dT08:00:00Z", "granted": "2023-%02d-%02d", "last_used": "2025-%02d-%02dT10:15:00Z", "mfa": true}`,
			u, u%5000, u%7001, u, u%40, u%300, u%900, u%5, i%997, i%1301, u%12+1, u%28+1, u%12+1, u%28+1, i%12+1, i%28+1, i%12+1, i%28+1)
	}
	return append(b, ']')
}

func BenchmarkReadJSON(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { benchmarkRead(b, bigJSON(rows)) })
	}
}

// BenchmarkReadMillion is the budget of design.md 8 without the store.
func BenchmarkReadMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("a million rows")
	}
	benchmarkRead(b, bigCSV(1_000_000))
}
