"""execnet_peer.py TASK DIR HOSTS: what of mitoscript.star's tasks execnet can do."""
import json
import os
import sys
import threading
import time

import execnet

PYTHON = 'python=/usr/bin/python3'
ECHO = 'for item in channel: channel.send(item)'
PID = 'import os; channel.send(os.getpid())'


def median(values):
    return sorted(values)[len(values) // 2]


def timed(fn, *args):
    start = time.perf_counter()
    fn(*args)
    return time.perf_counter() - start


def each(n, fn, *args):
    for _ in range(n // 10 + 1):
        fn(*args)
    return median([timed(fn, *args) for _ in range(n)]) * 1e6


def start(group, n, make):
    took = []
    for i in range(n + 1):
        begin = time.perf_counter()
        make().remote_exec(PID).receive()
        if i:
            took.append(time.perf_counter() - begin)
        group.terminate(timeout=5)
    return median(took) * 1e3


def host(group, dir, i):
    return group.makegateway('ssh=-F %s/ssh_config h%d//%s//id=h%d' % (dir, i, PYTHON, i))


def local(group, dir, hosts):
    return {'local': start(group, 5, lambda: group.makegateway('popen//' + PYTHON))}


def ssh(group, dir, hosts):
    return {'ssh': start(group, 2, lambda: host(group, dir, 1))}


def echo(gateway):
    channel = gateway.remote_exec(ECHO)

    def trip(item):
        channel.send(item)
        channel.receive()

    return channel, trip


def call(group, dir, hosts):
    _, trip = echo(group.makegateway('popen//' + PYTHON))
    gateway = group.makegateway('popen//' + PYTHON)
    channel = gateway.remote_exec('for item in channel: channel.send(None)')

    def give(item):
        channel.send(item)
        channel.receive()

    return {'call': each(500, trip, None), 'call100': each(500, give, 'x' * 100), 'call10k': each(300, give, 'x' * 10240)}


def outstanding(group, dir, hosts):
    channel, trip = echo(group.makegateway('popen//' + PYTHON))
    trip(None)

    def many():
        for _ in range(1000):
            channel.send(None)
        for _ in range(1000):
            channel.receive()

    took = [timed(many) for _ in range(23)]
    return {'outstanding': 1000 / median(took[:3]), 'warm': 1000 / median(took[-9:])}


def bulk(group, dir, hosts):
    gateway = group.makegateway('popen//' + PYTHON)
    got = {}
    for name, block in (('128k', 128 << 10), ('1m', 1 << 20)):
        count = (32 << 20) // block
        data = b'x' * block

        def up():
            channel = gateway.remote_exec('channel.send(sum(len(channel.receive()) for _ in range(%d)))' % count)
            for _ in range(count):
                channel.send(data)
            assert channel.receive() == block * count

        def down():
            channel = gateway.remote_exec('data = b"x" * %d\nfor _ in range(%d): channel.send(data)' % (block, count))
            assert sum(len(channel.receive()) for _ in range(count)) == block * count

        mb = block * count / 1e6
        got['up' + name] = mb / min(timed(up) for _ in range(3))
        got['down' + name] = mb / min(timed(down) for _ in range(3))
    return got


def connect(group, dir, hosts):
    threads = [threading.Thread(target=host, args=(group, dir, i + 1)) for i in range(hosts)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(group) == hosts
    return list(group)


def fleet(group, dir, hosts):
    begin = time.perf_counter()
    channels = [g.remote_exec(ECHO) for g in connect(group, dir, hosts)]

    def round():
        for c in channels:
            c.send(None)
        for c in channels:
            c.receive()

    round()
    connected = time.perf_counter() - begin
    return {'connect': connected, 'round': each(30, round) / 1e3}


def command(group, dir, hosts):
    run = 'import subprocess; channel.send(subprocess.call(["true"]))'
    for channel in [g.remote_exec(run) for g in connect(group, dir, hosts)]:
        assert channel.receive() == 0
    return {}


def resident(pid):
    with open('/proc/%d/status' % pid) as fp:
        for line in fp:
            if line.startswith('VmRSS:'):
                return int(line.split()[1])


def memory(group, dir, hosts):
    n = 16
    group.makegateway('popen//' + PYTHON).remote_exec(PID).receive()
    before = resident(os.getpid())
    gateways = [group.makegateway('popen//' + PYTHON) for _ in range(n)]
    pids = [g.remote_exec(PID).receive() for g in gateways]
    time.sleep(2)
    children = [resident(pid) for pid in pids]
    return {'child': median(children) / 1024, 'master': (resident(os.getpid()) - before) / n / 1024}


if __name__ == '__main__':
    everyone = execnet.Group()
    print(json.dumps(globals()[sys.argv[1]](everyone, sys.argv[2], int(sys.argv[3]))))
    everyone.terminate(timeout=5)
