#!/usr/bin/env python3
"""Side-by-side cost of a gateway and its peers on the same work, in one interleaved run.

The main figure is CPU microseconds per proxied request of the process tree under test
(user+system time of all its processes, divided by requests served). See docs/performance.md.
"""
import argparse, collections, concurrent.futures, http.client, json, os, re, shlex, shutil, socket
import ssl, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
HZ = os.sysconf('SC_CLK_TCK')
KEY = 'key-42-abcdefghijklmnop'
NROUTES, NKEYS = 100, 1000
SMALL = '{"id":"abc123","name":"widget","price":12.5,"tags":["a","b"],"stock":42,"active":true,"n":1234567}'
INVOKED = json.dumps({'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': SMALL}).replace('\\', '\\\\')  # of a Lambda function, as nginx's configuration has it
BIG = '{"items":[' + ','.join('{"id":%d,"name":"item-%04d","price":%d.25,"desc":"some description text here"}' % (i, i, i) for i in range(128)) + ']}'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def tree(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try:
            for t in os.listdir(f'/proc/{p}/task'):
                todo += [int(x) for x in open(f'/proc/{p}/task/{t}/children').read().split()]
        except OSError:
            pass
    return out


def cpu(pid):
    total = 0
    for p in tree(pid):
        try:
            f = open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()
            total += int(f[11]) + int(f[12])
        except OSError:
            pass
    return total / HZ


def peak_rss_mb(pid):
    kb = 0
    for p in tree(pid):
        try:
            m = re.search(r'VmHWM:\s+(\d+)', open(f'/proc/{p}/status').read())
            kb += int(m[1]) if m else 0
        except OSError:
            pass
    return kb / 1024


def wait_port(port, proc=None, secs=30):
    end = time.time() + secs
    while time.time() < end:
        if proc and proc.poll() is not None:
            return False
        try:
            socket.create_connection(('127.0.0.1', port), 0.2).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def stop(p):
    if p and p.poll() is None:
        p.terminate()
        try:
            p.wait(5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def micro(s):
    m = re.match(r'([\d.]+)(us|ms|s|m)', s)
    return float(m[1]) * {'us': 1, 'ms': 1e3, 's': 1e6, 'm': 6e7}[m[2]]


class Target:
    """One system under test: how to start it, and how a request to it looks."""
    def __init__(self, name, cmd, port, host='api.example.com', prefix='', headers=None, setup=None, secure=None):
        self.name, self.cmd, self.port = name, cmd, port
        self.secure = secure or port  # the port under TLS, where requests go with --tls
        self.host, self.prefix, self.headers, self.setup = host, prefix, headers or {}, setup


# ---- peer configurations, written into the work directory -------------------------------------

def w(path, text):
    with open(path, 'w') as f:
        f.write(text)
    return path


def backend_conf(d, port):
    os.makedirs(d + '/www', exist_ok=True)
    w(d + '/www/big.json', BIG)
    w(d + '/www/small.json', SMALL)
    return w(d + '/backend.conf', f'''
worker_processes 1; pid {d}/backend.pid; error_log {d}/backend.err; daemon off;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 300s; default_type application/json; client_max_body_size 20m;
 server {{ listen 127.0.0.1:{port} backlog=4096;
  location / {{ return 200 '{SMALL}'; }}
  location /2015-03-31/functions/ {{ return 200 '{INVOKED}'; }}
  location ~ /big/ {{ root {d}/www; open_file_cache max=10; open_file_cache_valid 60s; sendfile on; tcp_nopush on; etag off; rewrite ^ /big.json break; }}
 }} }}
''')


def certificate(d):
    """The certificate of every system under TLS: P-256, as ours makes them for development."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2', '-subj', '/CN=bench',
                    '-keyout', d + '/key.pem', '-out', d + '/cert.pem'], check=True, capture_output=True)
    w(d + '/certificates.yaml', f'certificates:\n- {{cert: {d}/cert.pem, key: {d}/key.pem}}\n')


def nginx_conf(d, port, up, full, cores, tls):
    listen = f'listen 127.0.0.1:{port} backlog=4096'
    if tls:
        listen += f'{" ssl http2" if tls == "h2" else " ssl"}; ssl_certificate {d}/cert.pem; ssl_certificate_key {d}/key.pem; ssl_protocols TLSv1.3'
    keys = '\n'.join(f'  "key-{i}-abcdefghijklmnop" 1;' for i in range(NKEYS))
    locs = '\n'.join(f'  location /api/v1/res{i}/ {{ location ~ ^/api/v1/res{i}/(?<id>[^/]+)/items/(?<item>[^/]+)$ {{ set $route r{i}; proxy_pass http://b; }} return 403; }}' for i in range(NROUTES))
    head = f'''
worker_processes {cores}; pid {d}/nginx{full}.pid; error_log {d}/nginx{full}.err; daemon off;
events {{ worker_connections 8192; }}
http {{ keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 10m;
 upstream b {{ server 127.0.0.1:{up}; keepalive 512; keepalive_requests 100000000; }}
'''
    if not full:
        return head + f''' access_log off;
 server {{ {listen}; location / {{ proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; }} }} }}
'''
    return head + f''' map_hash_bucket_size 128; map_hash_max_size 4096;
 log_format gw '$request_id $remote_addr [$time_local] "$request" $route $http_x_api_key $status $body_bytes_sent $request_time';
 access_log {d}/nginx.log gw buffer=64k flush=500ms;
 map $http_x_api_key $ok {{ default 0;
{keys}
 }}
 limit_req_zone $http_x_api_key zone=k:10m rate=1000000r/s;
 server {{ {listen}; set $route -;
  if ($ok = 0) {{ return 403; }}
  limit_req zone=k burst=100000 nodelay;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Amzn-RequestId $request_id;
  add_header X-Amzn-RequestId $request_id;
{locs}
  location / {{ return 403; }}
 }} }}
'''


def caddy_conf(d, port, up, full):
    rp = f'reverse_proxy 127.0.0.1:{up} {{\n%s  transport http {{\n   keepalive_idle_conns_per_host 1024\n   compression off\n  }}\n }}'
    g = '{\n admin off\n auto_https off\n persist_config off\n log {\n  level ERROR\n }\n}\n'
    if not full:
        return g + f'http://:{port} {{\n bind 127.0.0.1\n ' + rp % '' + '\n}\n'
    routes = '\n'.join(f' @r{i} path_regexp r{i} ^/api/v1/res{i}/([^/]+)/items/([^/]+)$\n handle @r{i} {{\n ' + rp % '  header_up X-Amzn-RequestId {http.request.uuid}\n' + '\n }' for i in range(NROUTES))
    return '{\n admin off\n auto_https off\n persist_config off\n}\n' + f'''http://:{port} {{
 bind 127.0.0.1
 log {{
  output file {d}/caddy.log {{
   roll_disabled
  }}
  format json
 }}
 @nokey not header X-Api-Key {KEY}
 respond @nokey 403
 request_body {{
  max_size 10MB
 }}
 header X-Amzn-RequestId {{http.request.uuid}}
{routes}
 handle {{
  respond 403
 }}
}}
'''


def haproxy_conf(d, port, up, full, cores):
    head = f'''global
 nbthread {cores}
 maxconn 8192
 log stdout format raw local0 info
defaults
 mode http
 timeout client 300s
 timeout server 29s
 timeout connect 5s
 timeout http-keep-alive 300s
 http-reuse always
backend b
 server b 127.0.0.1:{up} pool-max-conn 512
frontend f
 bind 127.0.0.1:{port} backlog 4096
 default_backend b
'''
    if not full:
        return head
    keys = w(f'{d}/haproxy.keys', ''.join(f'key-{i}-abcdefghijklmnop\n' for i in range(NKEYS)))
    routes = w(f'{d}/haproxy.routes', ''.join(f'/api/v1/res{i}/ r{i}\n' for i in range(NROUTES)))
    return head + f''' log global
 log-format "%ID %ci [%tr] \\"%HM %HPO %HV\\" %[var(txn.route)] %[var(txn.key)] %ST %B %Tt"
 unique-id-format %[uuid]
 unique-id-header X-Amzn-RequestId
 option forwardfor
 stick-table type string len 64 size 10k expire 1m store http_req_rate(1s)
 http-request set-var(txn.key) req.hdr(x-api-key)
 http-request set-var(txn.route) path,map_beg({routes},none)
 http-request deny deny_status 403 unless {{ var(txn.key) -m str -f {keys} }} {{ path_reg ^/api/v1/res[0-9]+/[^/]+/items/[^/]+$ }} !{{ var(txn.route) -m str none }}
 http-request track-sc0 var(txn.key)
 http-request deny deny_status 429 if {{ sc0_http_req_rate gt 1000000 }}
 http-request set-header X-Forwarded-Proto http
 http-request set-header X-Forwarded-Host %[req.hdr(host)]
 http-response set-header X-Amzn-RequestId %[unique-id]
'''


def envoy_conf(d, port, up, full):
    """JSON, which Envoy reads as well as YAML."""
    kind = lambda name, **more: {'@type': 'type.googleapis.com/envoy.' + name, **more}
    router = {'name': 'router', 'typed_config': kind('extensions.filters.http.router.v3.Router', suppress_envoy_headers=True)}
    to = {'cluster': 'b', 'timeout': '29s'}
    routes, filters, logs = [{'match': {'prefix': '/'}, 'route': to}], [router], []
    if full:
        routes = [{'match': {'safe_regex': {'regex': f'/api/v1/res{i}/[^/]+/items/[^/]+'}}, 'name': f'r{i}', 'route': to} for i in range(NROUTES)]
        routes.append({'match': {'prefix': '/'}, 'direct_response': {'status': 403}})
        keys = kind('extensions.filters.http.api_key_auth.v3.ApiKeyAuth', key_sources=[{'header': 'X-Api-Key'}],
                    credentials=[{'key': f'key-{i}-abcdefghijklmnop', 'client': f'k{i}'} for i in range(NKEYS)])
        always = {'default_value': {'numerator': 100, 'denominator': 'HUNDRED'}}
        rate = kind('extensions.filters.http.local_ratelimit.v3.LocalRateLimit', stat_prefix='r', filter_enabled=always, filter_enforced=always,
                    token_bucket={'max_tokens': 1000000, 'tokens_per_fill': 1000000, 'fill_interval': '1s'})
        filters = [{'name': 'keys', 'typed_config': keys}, {'name': 'rate', 'typed_config': rate}, router]
        line = '%REQ(X-REQUEST-ID)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% [%START_TIME%] "%REQ(:METHOD)% %PATH% %PROTOCOL%" %ROUTE_NAME% %REQ(X-API-KEY)% %RESPONSE_CODE% %BYTES_SENT% %DURATION%\n'
        logs = [{'name': 'file', 'typed_config': kind('extensions.access_loggers.file.v3.FileAccessLog', path=f'{d}/envoy.log', log_format={'text_format_source': {'inline_string': line}})}]
    manager = kind('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', stat_prefix='h', codec_type='HTTP1', use_remote_address=True,
                   generate_request_id=full, always_set_request_id_in_response=full, access_log=logs, http_filters=filters,
                   route_config={'virtual_hosts': [{'name': 'all', 'domains': ['*'], 'routes': routes}]})
    at = lambda p: {'socket_address': {'address': '127.0.0.1', 'port_value': p}}
    cluster = {'name': 'b', 'type': 'STATIC', 'load_assignment': {'cluster_name': 'b', 'endpoints': [{'lb_endpoints': [{'endpoint': {'address': at(up)}}]}]}}
    return json.dumps({'static_resources': {'listeners': [{'address': at(port), 'filter_chains': [{'filters': [{'name': 'h', 'typed_config': manager}]}]}], 'clusters': [cluster]}})


def krakend_conf(port, up):
    rl = {'max_rate': 1e6, 'capacity': 1e6, 'client_max_rate': 1e6, 'client_capacity': 1e6, 'strategy': 'header', 'key': 'X-Api-Key'}
    return json.dumps({
        'version': 3, 'port': port, 'listen_ip': '127.0.0.1', 'host': [f'http://127.0.0.1:{up}'], 'timeout': '29s', 'cache_ttl': '0s',
        'max_idle_connections': 4096, 'max_idle_connections_per_host': 1024, 'disable_compression': True,
        'extra_config': {'telemetry/logging': {'level': 'ERROR', 'stdout': True}},
        'endpoints': [{'endpoint': f'/api/v1/res{i}/{{id}}/items/{{item}}', 'method': 'GET', 'output_encoding': 'no-op', 'input_headers': ['*'],
                       'extra_config': {'qos/ratelimit/router': rl},
                       'backend': [{'url_pattern': f'/api/v1/res{i}/{{id}}/items/{{item}}', 'encoding': 'no-op'}]} for i in range(NROUTES)]})


def traefik_conf(d, port, up, fast):
    dyn = 'http:\n  middlewares:\n    rl:\n      rateLimit:\n        average: 1000000\n        burst: 1000000\n        sourceCriterion:\n          requestHeaderName: X-Api-Key\n  routers:\n'
    for i in range(NROUTES):
        dyn += f'    r{i}:\n      rule: "PathRegexp(`^/api/v1/res{i}/[^/]+/items/[^/]+$`) && Header(`X-Api-Key`, `{KEY}`)"\n      entryPoints: [web]\n      service: b\n      middlewares: [rl]\n'
    dyn += f'  services:\n    b:\n      loadBalancer:\n        servers:\n          - url: "http://127.0.0.1:{up}"\n'
    w(f'{d}/traefik{fast}.dyn.yml', dyn)
    return f'''global:
  checkNewVersion: false
  sendAnonymousUsage: false
log:
  level: ERROR
entryPoints:
  web:
    address: "127.0.0.1:{port}"
providers:
  file:
    filename: {d}/traefik{fast}.dyn.yml
    watch: false
serversTransport:
  maxIdleConnsPerHost: 1024
accessLog:
  filePath: {d}/traefik{fast}.log
  bufferingSize: 1000
''' + ('experimental:\n  fastProxy: {}\n' if fast else '')


def binary(name):
    return os.environ.get(name.upper() + '_BIN') or shutil.which(name)


def peer(name, d, up, cores, ref, tls):
    port = free_port()
    if tls and name not in ('nginx', 'nginx-lean'):
        return None
    if name in ('nginx', 'nginx-lean'):
        if not binary('nginx'):
            return None
        full = int(name == 'nginx')
        return Target(name, [binary('nginx'), '-c', w(f'{d}/nginx{full}.conf', nginx_conf(d, port, up, full, cores, tls))], port)
    if name in ('reverseproxy', 'reverseproxy-lean', 'floor'):
        mode = {'reverseproxy': 'rp', 'reverseproxy-lean': 'rp-lean', 'floor': 'floor'}[name]
        return Target(name, [ref, '-mode', mode, '-listen', f'127.0.0.1:{port}', '-up', f'http://127.0.0.1:{up}', '-log', f'{d}/{name}.log'], port)
    base = name.removesuffix('-lean').removesuffix('-fast')
    b = binary(base)
    if not b:
        return None
    if base == 'caddy':
        return Target(name, [b, 'run', '--adapter', 'caddyfile', '--config', w(f'{d}/{name}.caddyfile', caddy_conf(d, port, up, not name.endswith('-lean')))], port)
    if base == 'haproxy':
        return Target(name, [b, '-db', '-f', w(f'{d}/{name}.cfg', haproxy_conf(d, port, up, not name.endswith('-lean'), cores))], port)
    if base == 'envoy':
        return Target(name, [b, '--concurrency', str(cores), '--log-level', 'error', '--disable-hot-restart', '-c', w(f'{d}/{name}.json', envoy_conf(d, port, up, not name.endswith('-lean')))], port)
    if base == 'krakend':
        return Target(name, [b] + shlex.split(os.environ.get('KRAKEND_ARGS', 'run -c')) + [w(f'{d}/krakend.json', krakend_conf(port, up))], port)
    if base == 'traefik':
        fast = int(name.endswith('-fast'))
        return Target(name, [b, '--configFile=' + w(f'{d}/{name}.yml', traefik_conf(d, port, up, fast))], port)
    sys.exit(f'unknown peer {name}')


def valkey(d, port):
    """A server of Valkey or Redis that keeps nothing on disk."""
    program = shutil.which('valkey-server') or shutil.which('redis-server')
    if not program:
        sys.exit('neither valkey-server nor redis-server is installed')
    p = subprocess.Popen([program, '--port', str(port), '--bind', '127.0.0.1', '--dir', d, '--save', '', '--appendonly', 'no', '--loglevel', 'warning'], stdout=subprocess.DEVNULL)
    if not wait_port(port, p):
        sys.exit('the server of Valkey did not start')
    return p


# ---- one measurement ----------------------------------------------------------------------------

def start(t, d, cores):
    env = dict(os.environ, GOMAXPROCS=str(cores), USAGE_DISABLE='1', HOME=d)
    p = subprocess.Popen(t.cmd, stdout=open(f'{d}/{t.name}.out', 'w'), stderr=subprocess.STDOUT, env=env, cwd=d)
    if not wait_port(t.port, p):
        stop(p)
        raise RuntimeError(f'{t.name} did not start: ' + open(f'{d}/{t.name}.out').read()[-600:])
    time.sleep(0.3)
    if t.setup:
        o = subprocess.run(t.setup, shell=True, capture_output=True, text=True, env=dict(env, GW_PORT=str(t.port)))
        if o.returncode:
            stop(p)
            raise RuntimeError('setup failed: ' + o.stdout + o.stderr)
        if o.stdout.strip():
            s = json.loads(o.stdout.strip().splitlines()[-1])
            t.host, t.prefix = s.get('host', t.host), s.get('prefix', t.prefix)
            t.headers.update(s.get('headers', {}))
    return p


def headers(t, key=None):
    """The headers of a request to t, with the key of a number in place of the one that the setup has named."""
    hs = {'X-Api-Key': KEY, 'User-Agent': 'bench/1.0', 'Accept': 'application/json', 'Host': t.host, **t.headers}
    return hs if key is None else {**hs, 'X-Api-Key': f'key-{key}-abcdefghijklmnop'}


def requests(t, a):
    """The requests of a load, as paths and headers: all routes and, with --keys, as many keys, by turns."""
    for i in range(max(NROUTES, a.keys)):
        route = i % NROUTES
        seg = 'big' if a.body == '10k' else f'abc{route}'
        yield f'{t.prefix}/api/v1/res{route}/{seg}/items/def{route * 7}', headers(t, i % a.keys if a.keys > 1 else None)


def lua(t, d, a):
    made = ''.join(' r[%d] = wrk.format("GET", %s, {%s})\n' % (i, json.dumps(path), ', '.join('[%s]=%s' % (json.dumps(k), json.dumps(v)) for k, v in hs.items())) for i, (path, hs) in enumerate(requests(t, a)))
    return w(f'{d}/{t.name}.lua', f'''
local r = {{}}
function init(args)
{made}end
local n = 0
function request() n = (n+1) % {max(NROUTES, a.keys)}; return r[n] end
''')


def verify(t, body, tls):
    if tls:
        c = http.client.HTTPSConnection('127.0.0.1', t.secure, timeout=5, context=ssl._create_unverified_context())
    else:
        c = http.client.HTTPConnection('127.0.0.1', t.port, timeout=5)
    c.request('GET', f'{t.prefix}/api/v1/res42/{"big" if body == "10k" else "abc"}/items/def7', headers=headers(t))
    r = c.getresponse()
    got = r.read()
    c.close()
    want = (BIG if body == '10k' else SMALL).encode()
    if r.status != 200 or got != want:
        raise RuntimeError(f'{t.name}: wrong answer: {r.status} {got[:120]!r}')


def wrk(t, script, secs, conns, tls):
    url = f'https://127.0.0.1:{t.secure}' if tls else f'http://127.0.0.1:{t.port}'
    o = subprocess.run(['wrk', '-t1', f'-c{conns}', f'-d{secs}s', '--latency', '-s', script, url], capture_output=True, text=True).stdout
    r = {'n': int(re.search(r'(\d+) requests in', o)[1]), 'rps': float(re.search(r'Requests/sec:\s+([\d.]+)', o)[1])}
    for k in ('50', '99'):
        r['p' + k] = micro(re.search(r'(?m)^\s+' + k + r'%\s+(\S+)', o)[1])
    m = re.search(r'Non-2xx or 3xx responses: (\d+)', o)
    r['bad'] = int(m[1]) if m else 0
    return r


def h2load(t, d, secs, a):
    """The same load over HTTP/2. Latencies come from h2load's log of all requests, in microseconds."""
    seg, log = ('big' if a.body == '10k' else 'abc{}'), f'{d}/{t.name}.times'
    uris = ''.join(f'https://{t.host}:{t.secure}{t.prefix}/api/v1/res{i}/{seg.format(i)}/items/def{i * 7}\n' for i in range(NROUTES))
    lines = [x for k, v in headers(t).items() if k != 'Host' for x in ('-H', f'{k}: {v}')]
    o = subprocess.run(['h2load', '-t1', f'-c{a.conns}', f'-m{a.streams}', f'-D{secs}', f'--connect-to=127.0.0.1:{t.secure}', f'--log-file={log}', '-i', w(f'{d}/{t.name}.uris', uris)] + lines,
                       capture_output=True, text=True).stdout
    if 'Application protocol: h2\n' not in o:
        raise RuntimeError(f'{t.name} does not speak HTTP/2: ' + o[-600:])
    codes = re.search(r'status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx', o)
    times = sorted(int(x.split('\t')[2]) for x in open(log))
    os.remove(log)
    return {'n': len(times), 'rps': len(times) / secs, 'bad': sum(int(codes[i]) for i in (2, 3, 4)), 'p50': times[len(times) // 2], 'p99': times[len(times) * 99 // 100]}


def paced(t, d, a, rate, secs):
    """The same requests at a constant rate: how long they take from when they are due."""
    reqs = w(f'{d}/{t.name}.reqs', ''.join(f'GET {path} HTTP/1.1\r\n' + ''.join(f'{k}: {v}\r\n' for k, v in hs.items()) + '\r\n--\n' for path, hs in requests(t, a)))
    o = subprocess.run([d + '/refproxy.bin', '-mode', 'load', '-up', f'127.0.0.1:{t.port}', '-requests', reqs, '-conns', str(a.conns), '-rate', str(rate), '-seconds', str(secs)], capture_output=True, text=True)
    if o.returncode:
        raise RuntimeError(f'{t.name}: {o.stderr[-600:]}')
    return json.loads(o.stdout)


def load(t, d, secs, a):
    if a.rate and not a.latency:
        r = paced(t, d, a, a.rate, secs)
        return {**r, 'rps': r['n'] / secs}
    if a.tls == 'h2':
        return h2load(t, d, secs, a)
    return wrk(t, lua(t, d, a), secs, a.conns, a.tls)


def measure(t, d, a, rate):
    """One measurement: rate asks for latencies as well, at so many requests a second; 0 is half of what t takes."""
    p = start(t, d, a.cores)
    try:
        verify(t, a.body, a.tls)
        load(t, d, 1, a)
        c0 = cpu(p.pid)
        r = load(t, d, a.dur, a)
        r['cpu'] = (cpu(p.pid) - c0) / max(1, r['n']) * 1e6
        r['rss'] = peak_rss_mb(p.pid)
        if r['bad'] > r['n'] // 1000:
            raise RuntimeError(f'{t.name}: {r["bad"]} of {r["n"]} answers were not 2xx')
        if a.latency:
            r['rate'] = rate or r['rps'] / 2
            r['half'] = paced(t, d, a, r['rate'], a.dur)
            if r['half']['bad']:
                raise RuntimeError(f'{t.name}: {r["half"]["bad"]} answers at a constant rate were not 200')
        return r
    finally:
        stop(p)


def together(targets, d, a):
    """One measurement of all at the same time, each under the same load: what else the machine does, it does to all."""
    started = []
    try:
        for t in targets:
            started.append(start(t, d, a.cores))
            verify(t, a.body, a.tls)
        with concurrent.futures.ThreadPoolExecutor(len(targets)) as pool:
            list(pool.map(lambda t: load(t, d, 1, a), targets))
            before = [cpu(p.pid) for p in started]
            all = list(pool.map(lambda t: load(t, d, a.dur, a), targets))
        for t, p, c0, r in zip(targets, started, before, all):
            r['cpu'], r['rss'] = (cpu(p.pid) - c0) / max(1, r['n']) * 1e6, peak_rss_mb(p.pid)
            if r['bad'] > r['n'] // 1000:
                raise RuntimeError(f'{t.name}: {r["bad"]} of {r["n"]} answers were not 2xx')
        return all
    finally:
        for p in started:
            stop(p)


def table(res, a):
    """Prints what was measured, writes it as Markdown, and returns by how much ours costs more than each peer."""
    base, ratio, head = res.get('ours'), {}, ['system', 'CPU us/rq', 'min', 'rq/s', 'p50 us', 'p99 us', 'RSS MB']
    if a.latency:
        head += ['p50 at half', 'p99 at half', 'p99.9 at half']
    rows = []
    for n, l in res.items():
        if not l:
            continue
        med = lambda of: statistics.median(of(x) for x in l)
        row = [n, '%.1f' % med(lambda x: x['cpu']), '%.1f' % min(x['cpu'] for x in l), '%.0f' % med(lambda x: x['rps']), '%.0f' % med(lambda x: x['p50']), '%.0f' % med(lambda x: x['p99']), '%.0f' % med(lambda x: x['rss'])]
        if a.latency:
            row += ['%.0f' % med(lambda x: x['half'][k]) for k in ('p50', 'p99', 'p999')]
        if base:
            each = [o['cpu'] / x['cpu'] for o, x in zip(base, l)]
            ratio[n] = statistics.median(each)
            row += ['', ''] if n == 'ours' else ['%.2f' % ratio[n], ' '.join('%.2f' % x for x in each)]
        rows.append(row)
    ratio.pop('ours', None)
    if base:
        head += ['ours/it', 'each round']
    size = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for r in [head] + rows:
        print(r[0].ljust(size[0]), *(c.rjust(n) for c, n in zip(r[1:], size[1:])))
    if a.latency and base:
        print('# at half: %.0f requests a second, from when each is due' % base[0]['rate'])
    if a.markdown:
        w(a.markdown, ''.join('| ' + ' | '.join(r) + ' |\n' for r in [head, ['---'] * len(head)] + rows))
    return ratio


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--cmd', help="command that starts our gateway in the foreground; {port}, {upstream}, {dir} are filled in; with --tls {tls} is the port under TLS, and {dir}/certificates.yaml a configuration file with the certificate")
    ap.add_argument('--setup', help='shell command run once it listens (GW_PORT, GW_UPSTREAM in its environment); may print JSON {"host","prefix","headers"} as its last line')
    ap.add_argument('--peers', default='nginx,haproxy,envoy,caddy,traefik,reverseproxy,floor')
    ap.add_argument('--body', choices=['small', '10k'], default='small')
    ap.add_argument('--rounds', type=int, default=3)
    ap.add_argument('--dur', type=int, default=4, help='seconds of load a measurement')
    ap.add_argument('--conns', type=int, default=50)
    ap.add_argument('--cores', type=int, default=min(2, os.cpu_count() or 1), help='workers or GOMAXPROCS given to every system')
    ap.add_argument('--tls', choices=['h1', 'h2'], help='load under TLS 1.3, HTTP/1.1 by wrk or HTTP/2 by h2load, all systems with the same certificate; of the peers nginx and nginx-lean')
    ap.add_argument('--streams', type=int, default=1, help='requests at once on each connection of HTTP/2')
    ap.add_argument('--latency', action='store_true', help="measure latencies as well, over HTTP/1.1 without TLS, at half of the load that the first system, which is ours, takes in the first round")
    ap.add_argument('--rate', type=float, default=0, help='with --latency: requests a second, in place of that half; without: the whole load is at this rate, over HTTP/1.1 without TLS, in place of as much as a system takes')
    ap.add_argument('--together', action='store_true', help='with --rate, without --latency: measure all systems at the same time, for a machine that others use')
    ap.add_argument('--keys', type=int, default=1, help='how many of the thousand keys of the setup the requests have, by turns')
    ap.add_argument('--against', action='append', default=[], metavar='NAME=CMD', help='another command that starts our gateway, with the same setup, as a peer by this name; repeatable. In it and in --cmd {valkey} is the URL of a server of Valkey or Redis, which is started')
    ap.add_argument('--markdown', help='write the table to this file as Markdown')
    ap.add_argument('--json', help='write all samples to this file')
    ap.add_argument('--require', action='append', default=[], metavar='PEER<=X', help='fail unless ours/PEER CPU ratio is at most X (median of the per-round ratios); repeatable')
    a = ap.parse_args()
    if (a.latency or a.rate) and a.tls:
        sys.exit('--latency and --rate are over HTTP/1.1 without TLS')
    if a.together and (a.latency or not a.rate):
        sys.exit('--together is with --rate, and without --latency')
    if not 1 <= a.keys <= NKEYS or a.keys > 1 and a.tls == 'h2':
        sys.exit(f'--keys is 1 to {NKEYS}, over HTTP/1.1')
    for program in {None: ["wrk"], "h1": ["wrk", "openssl"], "h2": ["h2load", "openssl"]}[a.tls]:
        if not shutil.which(program):
            sys.exit(f'{program} is not installed: scripts/prepare.sh bench')
    d = tempfile.mkdtemp(prefix='gwbench-')
    os.chmod(d, 0o755)  # nginx workers run as another user
    back = shared = None
    try:
        ref = d + '/refproxy.bin'
        subprocess.run(['go', 'build', '-o', ref, '.'], cwd=HERE + '/refproxy', check=True)
        up = free_port()
        os.environ['GW_UPSTREAM'] = f'http://127.0.0.1:{up}'
        conf = backend_conf(d, up)
        back = subprocess.Popen([binary('nginx'), '-c', conf] if binary('nginx') else [ref, '-mode', 'backend', '-listen', f'127.0.0.1:{up}', '-small', d + '/www/small.json', '-big', d + '/www/big.json'])
        if not wait_port(up, back):
            sys.exit('the backend did not start')
        if a.tls:
            certificate(d)
        targets, own = [], ([('ours', a.cmd)] if a.cmd else []) + [tuple(x.split('=', 1)) for x in a.against]
        at = free_port()
        if any('{valkey}' in cmd for _, cmd in own):
            shared = valkey(d, at)
        for name, cmd in own:
            port, secure = free_port(), free_port()
            for what, text in (('port', port), ('tls', secure), ('upstream', f'http://127.0.0.1:{up}'), ('dir', d), ('valkey', f'redis://127.0.0.1:{at}')):
                cmd = cmd.replace('{%s}' % what, str(text))
            targets.append(Target(name, shlex.split(cmd), port, setup=a.setup, secure=secure))
        for n in filter(None, a.peers.split(',')):
            t = peer(n, d, up, a.cores, ref, a.tls)
            if t:
                targets.append(t)
            elif a.tls:
                print(f'# {n}: left out under TLS, or no binary')
            else:
                print(f'# {n}: no binary ({n.split("-")[0].upper()}_BIN is not set, and none on PATH): left out')
        res = collections.defaultdict(list)
        dead, rate = set(), a.rate  # ours is measured first: half of what it takes then is the rate of all
        for r in range(a.rounds if a.together else 0):
            for t, one in zip(targets, together(targets, d, a)):
                res[t.name].append(one)
        for r in range(0 if a.together else a.rounds):
            for t in targets if r % 2 == 0 else targets[::-1]:
                if t.name in dead:
                    continue
                try:
                    res[t.name].append(measure(t, d, a, rate))
                    rate = rate or res[t.name][-1].get('rate')
                except RuntimeError as e:
                    if t.name == 'ours':
                        sys.exit(str(e))
                    dead.add(t.name)
                    print('# left out:', e)
        if a.json:
            w(a.json, json.dumps(res))
        ratio = table(res, a)
        ok = True
        for q in a.require:
            n, x = q.split('<=')
            if n not in ratio:
                ok = False
                print(f'require {q}: not measured')
            elif ratio[n] > float(x):
                ok = False
                print(f'require {q}: falls short, {ratio[n]:.2f}')
            else:
                print(f'require {q}: holds, {ratio[n]:.2f}')
        sys.exit(0 if ok else 1)
    finally:
        stop(back)
        stop(shared)
        shutil.rmtree(d, ignore_errors=True)


if __name__ == '__main__':
    main()
