package codec

import "github.com/mitoscript/mitoscript/mitogen/value"

func (d *Decoder) dict(n uint64) (value.Value, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	count, err := d.promise(n, 2)
	if err != nil {
		return nil, err
	}
	dict := value.NewDict(count)
	var seen keys
	for range count {
		k, err := d.value()
		if err != nil {
			return nil, err
		}
		if fresh, err := seen.add(k, dict); err != nil {
			return nil, d.bad("%s", err)
		} else if !fresh {
			return nil, d.bad("a key of a dict is there twice")
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		dict.Append(k, v)
	}
	return dict, nil
}

// keys finds keys that are there twice: few texts by comparison, without a map.
type keys struct {
	texts  map[string]struct{}
	others value.Set
}

// fewKeys is the number up to which comparing beats hashing.
const fewKeys = 8

// add reports whether k is new to the dict so far.
func (s *keys) add(k value.Value, dict *value.Dict) (bool, error) {
	text, ok := k.(string)
	if !ok {
		n := s.others.Len()
		err := s.others.Add(k)
		return s.others.Len() > n, err
	}
	if dict.Len() < fewKeys {
		for _, it := range dict.Items() {
			if it.Key == k {
				return false, nil
			}
		}
		return true, nil
	}
	if s.texts == nil {
		s.texts = make(map[string]struct{}, 2*fewKeys)
		for _, it := range dict.Items() {
			if t, ok := it.Key.(string); ok {
				s.texts[t] = struct{}{}
			}
		}
	}
	n := len(s.texts)
	s.texts[text] = struct{}{}
	return len(s.texts) > n, nil
}

func (d *Decoder) taggedSequence() ([]value.Value, error) {
	n, err := d.want(majorArray, "an array")
	if err != nil {
		return nil, err
	}
	return d.sequence(n)
}

func (d *Decoder) set() (value.Value, error) {
	items, err := d.taggedSequence()
	if err != nil {
		return nil, err
	}
	s, err := value.NewSet(items...)
	if err != nil {
		return nil, d.bad("%s", err)
	}
	if s.Len() < len(items) {
		return nil, d.bad("a member of a set is there twice")
	}
	return s, nil
}

func (d *Decoder) record() (value.Value, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	n, err := d.array()
	if err != nil {
		return nil, err
	}
	if n%2 == 0 {
		return nil, d.bad("a struct of %d items", n)
	}
	s := &value.Struct{}
	if s.Name, err = d.Text(); err != nil {
		return nil, err
	}
	s.Fields, err = d.fields(n / 2)
	return s, err
}

func (d *Decoder) fields(n int) ([]value.Field, error) {
	if n == 0 {
		return nil, nil
	}
	fields := make([]value.Field, n)
	for i := range fields {
		var err error
		if fields[i].Name, err = d.Text(); err != nil {
			return nil, err
		}
		if fields[i].Value, err = d.value(); err != nil {
			return nil, err
		}
	}
	return fields, nil
}
