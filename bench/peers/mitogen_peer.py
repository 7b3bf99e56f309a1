"""mitogen_peer.py TASK DIR HOSTS: mitoscript.star's tasks by Python mitogen."""
import json
import os
import subprocess
import sys
import threading
import time

import mitogen
import mitogen.core
import mitogen.select
import mitogen.service

PYTHON = '/usr/bin/python3'
state = {}


def noop(x=None):
    return None


def size(data):
    return len(data)


def keep(n):
    state['block'] = b'x' * n


def kept():
    return state['block']


def true():
    return subprocess.call(['true'])


def median(values):
    return sorted(values)[len(values) // 2]


def timed(fn, *args, **kwargs):
    start = time.perf_counter()
    fn(*args, **kwargs)
    return time.perf_counter() - start


def each(n, fn, *args):
    for _ in range(n // 10 + 1):
        fn(*args)
    return median([timed(fn, *args) for _ in range(n)]) * 1e6


def start(n, make):
    took = []
    for i in range(n + 1):
        begin = time.perf_counter()
        contexts = make()
        contexts[-1].call(os.getpid)
        if i:
            took.append(time.perf_counter() - begin)
        for c in reversed(contexts):
            c.shutdown(wait=True)
    return median(took) * 1e3


def chain(router, depth):
    contexts = [router.local(python_path=PYTHON)]
    for _ in range(depth - 1):
        contexts.append(router.local(python_path=PYTHON, via=contexts[-1]))
    return contexts


def one(router):
    return router.local(python_path=PYTHON)


def host(router, dir, i):
    return router.ssh(hostname='h%d' % i, python_path=PYTHON, ssh_args=['-F', dir + '/ssh_config'],
                      check_host_keys='enforce', connect_timeout=300)


def local(router, dir, hosts):
    return {'local': start(5, lambda: [one(router)])}


def fork(router, dir, hosts):
    return {'fork': start(5, lambda: [router.fork()])}


def ssh(router, dir, hosts):
    return {'ssh': start(2, lambda: [host(router, dir, 1)])}


def sudo(router, dir, hosts):
    return {'sudo': start(3, lambda: [router.sudo(username='root', python_path=PYTHON)])}


def via(router, dir, hosts):
    return {'via': start(3, lambda: chain(router, 3))}


def call(router, dir, hosts):
    c = one(router)
    return {
        'call': each(500, c.call, noop),
        'call100': each(500, c.call, noop, 'x' * 100),
        'call10k': each(300, c.call, noop, 'x' * 10240),
    }


def depth(router, dir, hosts):
    contexts = chain(router, 4)
    took = [[], [], [], []]
    for _ in range(8):
        for i in range(4):
            took[i].append(each(50, contexts[i].call, noop))
    return {'depth%d' % (i + 1): median(took[i]) for i in range(4)}


def outstanding(router, dir, hosts):
    c = one(router)
    c.call(noop)

    def many():
        for msg in mitogen.select.Select([c.call_async(noop) for _ in range(1000)]):
            msg.unpickle()

    took = [timed(many) for _ in range(23)]
    return {'outstanding': 1000 / median(took[:3]), 'warm': 1000 / median(took[-9:])}


def noreply(router, dir, hosts):
    c = one(router)
    c.call(noop)

    def many():
        for _ in range(2000):
            c.call_no_reply(noop)
        c.call(noop)

    return {'noreply': 2000 / median([timed(many) for _ in range(3)])}


def source(out, block, count, raw):
    data = b'x' * block
    for _ in range(count):
        if raw:
            out.context.send(mitogen.core.Message(handle=out.dst_handle, data=data))
        else:
            out.send(data)
    out.close()


@mitogen.core.takes_router
def sink(ready, count, raw, router):
    rx = mitogen.core.Receiver(router)
    ready.send(rx.to_sender())
    total = 0
    for _ in range(count):
        msg = rx.get()
        total += len(msg.data if raw else msg.unpickle())
    return total


def bulk(router, dir, hosts):
    c = one(router)
    got = {}
    for name, block in (('128k', 128 << 10), ('1m', 1 << 20)):
        data = b'x' * block
        count = (32 << 20) // block

        def down(raw):
            rx = mitogen.core.Receiver(router)
            done = c.call_async(source, rx.to_sender(), block, count, raw)
            total = 0
            for msg in rx:
                total += len(msg.data if raw else msg.unpickle())
            done.get().unpickle()
            assert total == block * count, total

        def up(raw):
            ready = mitogen.core.Receiver(router)
            done = c.call_async(sink, ready.to_sender(), count, raw)
            tx = ready.get().unpickle()
            for _ in range(count):
                if raw:
                    c.send(mitogen.core.Message(handle=tx.dst_handle, data=data))
                else:
                    tx.send(data)
            total = done.get().unpickle()
            assert total == block * count, total

        mb = block * count / 1e6
        # The payload as it is, and pickled: the better one counts.
        got['up' + name] = mb / min(timed(up, raw) for raw in (True, True, False))
        got['down' + name] = mb / min(timed(down, raw) for raw in (True, True, False))
        got['argument' + name] = block / each(30, c.call, size, data)
        c.call(keep, block)
        got['result' + name] = block / each(30, c.call, kept)
    return got


@mitogen.core.takes_econtext
def fetch(path, to, econtext):
    with open(to, 'wb') as fp:
        ok, _ = mitogen.service.FileService.get(econtext.router.context_by_id(0), path, fp)
    if not ok:
        raise IOError(path)


def file(router, dir, hosts):
    service = mitogen.service.FileService(router)
    service.register(dir + '/file')
    pool = mitogen.service.Pool(router=router, services=[service])
    c = one(router)
    took = min(timed(c.call, fetch, dir + '/file', dir + '/copy') for _ in range(3))
    assert os.path.getsize(dir + '/copy') == os.path.getsize(dir + '/file')
    pool.stop(join=True)
    return {'file': os.path.getsize(dir + '/file') / 1e6 / took}


def connect(router, dir, hosts):
    contexts = [None] * hosts

    def run(i):
        contexts[i] = host(router, dir, i + 1)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(hosts)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(contexts)
    return contexts


def fleet(router, dir, hosts):
    begin = time.perf_counter()
    contexts = connect(router, dir, hosts)

    def round():
        for msg in mitogen.select.Select([c.call_async(noop) for c in contexts]):
            msg.unpickle()

    round()
    connected = time.perf_counter() - begin
    return {'connect': connected, 'round': each(30, round) / 1e3}


def command(router, dir, hosts):
    for msg in mitogen.select.Select([c.call_async(true) for c in connect(router, dir, hosts)]):
        assert msg.unpickle() == 0
    return {}


def resident(pid):
    with open('/proc/%d/status' % pid) as fp:
        for line in fp:
            if line.startswith('VmRSS:'):
                return int(line.split()[1])


def memory(router, dir, hosts):
    n = 16
    one(router).call(noop)
    before = resident(os.getpid())
    contexts = [one(router) for _ in range(n)]
    pids = [c.call(os.getpid) for c in contexts]
    time.sleep(2)
    children = [resident(pid) for pid in pids]
    return {'child': median(children) / 1024, 'master': (resident(os.getpid()) - before) / n / 1024}


def busy(router, dir, hosts):
    service = mitogen.service.FileService(router)
    service.register(dir + '/file')
    pool = mitogen.service.Pool(router=router, services=[service])
    c = one(router)
    idle = each(300, c.call, noop)
    c.call(fetch_beside, dir + '/file', dir + '/copy')
    took = []
    while not c.call(fetched):
        took.append(timed(c.call, noop))
    pool.stop(join=True)
    during = median(took) * 1e6
    return {'busy': during, 'idle': idle, 'slower': during / idle}


@mitogen.core.takes_econtext
def fetch_beside(path, to, econtext):
    state['fetch'] = threading.Thread(target=fetch, args=(path, to), kwargs={'econtext': econtext})
    state['fetch'].start()


def fetched():
    return not state['fetch'].is_alive()


@mitogen.main(log_level='ERROR')
def main(router):
    task = globals()[sys.argv[1]]
    print(json.dumps(task(router, sys.argv[2], int(sys.argv[3]))))
