package nativessh

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kevinburke/ssh_config"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// keywords are what is looked up in configuration files, when there is no ssh
// program to ask. Those that may be given several times come last.
func keywords() (single, multiple []string) {
	single = strings.Fields(`hostname user port identitiesonly identityagent userknownhostsfile
		globalknownhostsfile stricthostkeychecking hostkeyalias proxyjump proxycommand connecttimeout connectionattempts
		kexalgorithms hostkeyalgorithms ciphers macs pubkeyacceptedalgorithms addressfamily bindaddress
		pubkeyauthentication passwordauthentication kbdinteractiveauthentication
		preferredauthentications hashknownhosts gssapiauthentication pkcs11provider controlpath
		batchmode rekeylimit forwardagent forwardx11 hostbasedauthentication knownhostscommand
		revokedhostkeys verifyhostkeydns proxyusefdpass tunnel bindinterface remotecommand
		nohostauthenticationforlocalhost permitlocalcommand localcommand casignaturealgorithms requiredrsasize`)
	return single, []string{"identityfile", "certificatefile", "setenv", "sendenv", "localforward", "remoteforward", "dynamicforward"}
}

// defaultValues are those that the ssh program would print itself.
func defaultValues() values {
	v := values{
		"port":                 {"22"},
		"userknownhostsfile":   {"~/.ssh/known_hosts ~/.ssh/known_hosts2"},
		"globalknownhostsfile": {"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"},
	}
	for _, name := range []string{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"} {
		v["identityfile"] = append(v["identityfile"], "~/.ssh/"+name)
	}
	return v
}

// readFiles gives the settings from the account's and the system's file, or from
// the one that the options name.
func readFiles(o *Options) (*settings, error) {
	names := []string{filepath.Join(account().home, ".ssh", "config"), "/etc/ssh/ssh_config"}
	if o.ConfigFile != "" {
		names = []string{o.ConfigFile}
	}
	var files []*ssh_config.Config
	for _, name := range names {
		f, err := readFile(name)
		switch {
		case err == nil:
			files = append(files, f)
		case o.ConfigFile == "" && errors.Is(err, fs.ErrNotExist):
		default:
			return nil, transport.SSHError(o.Host, transport.PhaseConfig, value.KindStream, "cannot read %s: %w", name, err)
		}
	}
	s := &settings{values: values{}, defaults: defaultValues(), source: strings.Join(names, ", ")}
	if err := s.fill(o, files); err != nil {
		return nil, transport.SSHError(o.Host, transport.PhaseConfig, value.KindStream, "cannot read the configuration: %w", err)
	}
	return s, nil
}

func readFile(name string) (*ssh_config.Config, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return ssh_config.DecodeBytes(text)
}

func (s *settings) fill(o *Options, files []*ssh_config.Config) error {
	single, multiple := keywords()
	for _, key := range append(single, multiple...) {
		for _, f := range files {
			found, err := f.GetAll(o.Host, key)
			if err != nil {
				return err
			}
			s.values[key] = append(s.values[key], found...)
		}
		if len(s.values[key]) == 0 {
			s.values[key] = s.defaults[key]
		}
	}
	for _, key := range single {
		if len(s.values[key]) > 1 {
			s.values[key] = s.values[key][:1]
		}
	}
	s.override(o)
	return nil
}

// override does what the arguments do for the ssh program.
func (s *settings) override(o *Options) {
	if o.Port != 0 {
		s.values["port"] = []string{strconv.Itoa(o.Port)}
	}
	if o.Username != "" {
		s.values["user"] = []string{o.Username}
	}
	if o.jump != "" {
		s.values["proxyjump"] = []string{o.jump}
	}
	if s.first("user") == "" {
		s.values["user"] = []string{account().name}
	}
	host := s.first("hostname")
	if host == "" {
		host = "%h"
	}
	s.values["hostname"] = []string{strings.NewReplacer("%%", "%", "%h", o.Host).Replace(host)}
}
