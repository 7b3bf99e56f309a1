// Package sftp is a server of the file transfer protocol of ssh, version 3
// (draft-ietf-secsh-filexfer-02), with those extensions of OpenSSH that its own
// clients use. It acts with the rights of the process.
package sftp
