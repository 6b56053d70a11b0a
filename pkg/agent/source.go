package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/appimg/appimg/pkg/diag"
)

// officialURL is where the platform publishes its agent (developer guide,
// "app agent"); %s is the file's name.
const officialURL = "https://docs.qingcloud.com/appcenter/dev-platform/cluster-developer-guide/scripts/%s"

// maxDownload bounds a downloaded bundle, in bytes.
const maxDownload = 128 << 20

// Sources finds the bundle that a source names, wherever that is.
type Sources struct {
	// Cache is the folder of downloads and of the sums that they had first; "" is
	// appimg below the user's cache folder.
	Cache string
	// Client downloads; nil is http.DefaultClient.
	Client *http.Client
	// Note hears of a sum that is recorded; nil is nobody.
	Note func(text string)
}

// Load is the bundle for an architecture that source names: "builtin" (or ""),
// "official", an http(s) URL, or a file. A URL may end with #sha256=HEX; one
// that does not is trusted with what it gives first, and that sum is recorded.
// What was downloaded once is not downloaded again.
func (s Sources) Load(ctx context.Context, source, arch string) (Bundle, error) {
	switch {
	case source == "" || source == "builtin":
		return Builtin(arch)
	case source == "official":
		return s.fetch(ctx, fmt.Sprintf(officialURL, archiveName(arch)), arch)
	case Remote(source):
		return s.fetch(ctx, source, arch)
	case strings.Contains(source, "://"):
		return Bundle{}, fmt.Errorf("reading the agent bundle %q: only http and https are supported", source)
	}
	return Open(source, arch)
}

// Remote reports whether source, for Load, is fetched over the network.
func Remote(source string) bool {
	return source == "official" || strings.HasPrefix(source, "https://") || strings.HasPrefix(source, "http://")
}

// CheckPin refuses a source that ends with the sign of a pin and no sha256: an
// empty variable of a script must not be taken for trust.
func CheckPin(source string) error {
	_, pin, pinned := strings.Cut(source, "#")
	if !pinned || !Remote(source) {
		return nil
	}
	hexed, ok := strings.CutPrefix(pin, "sha256=")
	if raw, err := hex.DecodeString(hexed); !ok || err != nil || len(raw) != sha256.Size {
		return diag.WithHint(fmt.Errorf("reading the source of the agent %q: %q is no sha256", source, pin), "it is URL#sha256=HEX, with 64 digits")
	}
	return nil
}

func (s Sources) fetch(ctx context.Context, source, arch string) (Bundle, error) {
	if err := CheckPin(source); err != nil {
		return Bundle{}, err
	}
	url, pin, _ := strings.Cut(source, "#sha256=")
	data, err := s.download(ctx, url, strings.ToLower(pin))
	if err != nil {
		return Bundle{}, fmt.Errorf("fetching the agent bundle %q: %w", url, diag.Reason(err))
	}
	return ReadArchive(bytes.NewReader(data), url, arch)
}

// download is the content of url: from the cache, where it has the right sum.
func (s Sources) download(ctx context.Context, url, pin string) ([]byte, error) {
	if s.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		s.Cache = filepath.Join(dir, "appimg", "agent")
	}
	base := filepath.Join(s.Cache, sumOf([]byte(url))[:16])
	recorded, err := os.ReadFile(base + ".sha256")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	want := pin
	if want == "" {
		want = strings.TrimSpace(string(recorded))
	}
	if data, err := os.ReadFile(base + ".tar.gz"); err == nil && want != "" && sumOf(data) == want {
		return data, nil
	}
	data, err := s.get(ctx, url)
	if err != nil {
		return nil, err
	}
	return data, s.keep(base, data, want, pin != "")
}

// keep stores a download that has the right sum; the first one decides where
// nobody else has.
func (s Sources) keep(base string, data []byte, want string, pinned bool) error {
	got := sumOf(data)
	if want != "" && got != want {
		err := fmt.Errorf("its sha256 is %s, and %s is wanted", got, want)
		if pinned {
			return err
		}
		return diag.WithHint(err, "it is another file than the first time: if that is right, remove %q", base+".sha256")
	}
	if err := os.MkdirAll(s.Cache, 0o755); err != nil {
		return err
	}
	if err := renameio.WriteFile(base+".tar.gz", data, 0o644); err != nil {
		return err
	}
	if want == "" && s.Note != nil {
		s.Note("recorded the agent bundle's sha256 " + got)
	}
	return renameio.WriteFile(base+".sha256", []byte(got+"\n"), 0o644)
}

func (s Sources) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, diag.WithHint(diag.Reason(err), "check the network and HTTPS_PROXY, or fetch the bundle elsewhere and name its file")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	return readLimited(resp.Body, maxDownload)
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
