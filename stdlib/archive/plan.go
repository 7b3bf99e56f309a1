package archive

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// plan follows what extracting an archive would do, member by member, without
// doing it. It knows the links that the members make and those that the folder
// has, so that no detour through one of them leads out.
type plan struct {
	dest  string            // "" if there is no such folder yet
	links map[string]string // by place in the folder: where a link leads, "" if there is none
	made  []string          // places of the links that members make

	left, limit int64 // bytes that members may still have, and might at first
}

func newPlan(dest string, limit int64) *plan {
	if info, err := os.Stat(dest); err != nil || !info.IsDir() {
		dest = ""
	}
	return &plan{dest: dest, links: map[string]string{}, left: limit, limit: limit}
}

func refuse(name, why string) error {
	return value.Errorf(value.KindValue, "cannot extract the member %q: %s", name, why)
}

// add refuses a member that would leave the folder, that is no file, folder or
// link, or that is one too many.
func (p *plan) add(m member) error {
	name := path.Clean(m.name)
	switch {
	case m.name == "" || path.IsAbs(m.name):
		return refuse(m.name, "its name is absolute or empty")
	case !filepath.IsLocal(name):
		return refuse(m.name, "it would leave the folder")
	case m.link == "" && !m.mode.IsRegular() && !m.mode.IsDir():
		return refuse(m.name, "it is neither a file nor a folder nor a link")
	case path.IsAbs(m.link):
		return refuse(m.name, "it is a link to an absolute path")
	}
	if err := p.count(m); err != nil {
		return err
	}
	folder := path.Dir(name)
	if m.link == "" && m.mode.IsDir() {
		folder = name
	}
	at, ok := p.resolve(folder)
	if !ok {
		return refuse(m.name, "a link on its way leaves the folder")
	}
	if folder == name {
		return nil
	}
	return p.put(path.Join(at, path.Base(name)), m)
}

// memberCost is what a member counts beyond its content, so that there cannot be
// any number of empty ones.
const memberCost = 1 << 10

func (p *plan) count(m member) error {
	if p.left -= memberCost; p.left < 0 || m.size < 0 || m.size > p.left {
		return refuse(m.name, "what is unpacked would be larger than "+showSize(p.limit)+"; max_size= sets another limit, in bytes")
	}
	p.left -= m.size
	return nil
}

// put notes what will be at a place.
func (p *plan) put(place string, m member) error {
	text := m.link
	if m.hard {
		target := path.Clean(m.link)
		dir, ok := p.resolve(path.Dir(target))
		if !ok || !filepath.IsLocal(target) {
			return refuse(m.name, "it is a link that leaves the folder")
		}
		text = p.link(path.Join(dir, path.Base(target))) // of a link it makes a second one
	}
	if text != "" {
		p.made = append(p.made, place)
	}
	p.links[place] = text
	return nil
}

// finish refuses an archive one of whose links leads out of the folder, seen
// together with all the others.
func (p *plan) finish() error {
	for _, place := range p.made {
		text := p.links[place]
		if _, ok := p.resolve(path.Dir(place) + "/" + text); !ok {
			return refuse(place, "it is a link that leaves the folder")
		}
	}
	return nil
}

// maxLinks is how many links may be on the way to a file, as in Linux.
const maxLinks = 40

// resolve gives the place that a path below the folder leads to by all links;
// false if that is outside.
func (p *plan) resolve(name string) (place string, ok bool) {
	todo := strings.Split(name, "/")
	place = "."
	for hops := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if place == "." {
				return "", false
			}
			place = path.Dir(place)
			continue
		}
		next := path.Join(place, part)
		text := p.link(next)
		if text == "" {
			place = next
			continue
		}
		if hops++; hops > maxLinks {
			return next, true // nothing can be reached by it
		}
		if path.IsAbs(text) {
			return "", false
		}
		todo = append(strings.Split(text, "/"), todo...)
	}
	return place, true
}

// link tells where the link at a place leads, "" if there is none.
func (p *plan) link(place string) string {
	text, known := p.links[place]
	if known || p.dest == "" {
		return text
	}
	text, _ = os.Readlink(filepath.Join(p.dest, place)) // what is no link is an error
	p.links[place] = text
	return text
}
