using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>Every rule of the configuration: a line added to a valid file, and the one problem it makes.</summary>
public sealed class SettingsRefusalTests
{
    private const string Host = "cluster C1.hosts.";
    private const string Role = "cluster C1.roles.";

    [Theory]
    [InlineData("flap_count = 3", "flap_count: unknown key; allowed: agent, cluster NAME, cluster_defaults, monitor, monitor_defaults, monitors, this, this_cluster, tls")]
    [InlineData("monitr.state_dir = /x", "monitr: unknown key; allowed: agent, cluster NAME, cluster_defaults, monitor, monitor_defaults, monitors, this, this_cluster, tls; did you mean 'monitor'?")]
    [InlineData("monitor.ping_ip = []", "monitor.ping_ip: unknown key; allowed: history_events, hooks, http, kill_host_bin, kill_host_timeout, membership, mmm_control, otlp_endpoint, ping_interval, ping_ips, state_dir, webhook; did you mean 'ping_ips'?")]
    [InlineData("monitor.http.prot = 1", "monitor.http.prot: unknown key; allowed: bind, read_only, token, token_file, tokens")]
    [InlineData("monitor.membership.stableafter = 1s", "did you mean 'stable_after'?")]
    [InlineData("agent.heartbeatInterval = 1s", "agent.heartbeatInterval: unknown key; allowed: see mmm.reference.conf; did you mean 'heartbeat_interval'?")]
    [InlineData("monitors.mon1.prt = 1", "monitors.mon1.prt: unknown key; allowed: address, http_port, port; did you mean 'port'?")]
    [InlineData("monitor_defaults.address = \"1.2.3.4\"", "monitor_defaults.address: unknown key; allowed: http_port, port")]
    [InlineData("cluster_defaults.max_backlogs = 1s", "cluster_defaults.max_backlogs: unknown key; allowed: see mmm.reference.conf; did you mean 'max_backlog'?")]
    [InlineData("cluster_defaults.checks.pings {}", "cluster_defaults.checks.pings: unknown key; allowed: mysql, ping, rep_backlog, rep_threads; did you mean 'ping'?")]
    [InlineData("cluster_defaults.checks.ping.period = 1s", "cluster_defaults.checks.ping.period: unknown key; allowed: check_period, timeout, trap_period")]
    [InlineData("cluster_defaults.hosts.db9 { ip = \"10.0.0.99\", mode = slave }", "cluster_defaults.hosts: unknown key; allowed: hosts in a section cluster NAME")]
    [InlineData("cluster_defaults.host_defaults.ip = \"10.0.0.9\"", "cluster_defaults.host_defaults.ip: unknown key; allowed: agent_port, cluster_interface, mysql_admin_port, mysql_port")]
    [InlineData("cluster C1.release_timeout = 4s", "cluster C1.release_timeout: unknown key; allowed: see mmm.reference.conf")]
    [InlineData("cluster C1.lease.tll = 4200ms", "cluster C1.lease.tll: unknown key; allowed: ttl; did you mean 'ttl'?")]
    [InlineData("cluster C1.fencing.kill = off", "cluster C1.fencing.kill: unknown key; allowed: kill_mysqld, timeout")]
    [InlineData("cluster C1.addresses.probes = 10ms", "cluster C1.addresses.probes: unknown key; allowed: check_interval, on_conflict, probe; did you mean 'probe'?")]
    [InlineData("cluster C1.failsafe.balance = drop", "cluster C1.failsafe.balance: unknown key; allowed: balanced, enabled; did you mean 'balanced'?")]
    [InlineData("cluster C1.checkz {}", "cluster C1.checkz: unknown key; allowed: see mmm.reference.conf; did you mean 'checks'?")]
    [InlineData(Host + "db1.prot = 1", "cluster C1.hosts.db1.prot: unknown key; allowed: agent_port, cluster_interface, ip, mode, mysql_admin_port, mysql_port, peer")]
    [InlineData(Role + "writer.host = []", "cluster C1.roles.writer.host: unknown key; allowed: hosts, ips, mode, prefer; did you mean 'hosts'?")]
    public void Unknown_keys(string line, string problem) => One(line, problem);

    [Theory]
    [InlineData("cluster C1.max_backlog = 5", "cluster C1.max_backlog: is '5'; allowed: a duration with unit, 1s to 30d; the unit is missing: did you mean '5s' (MySQL-MMM's numbers are seconds)?")]
    [InlineData("cluster C1.max_backlog = 5 sec", "is '5 sec'; allowed: a duration with unit")]
    [InlineData("cluster C1.max_backlog = 0s", "is '0s'; allowed: a duration with unit, 1s to 30d")]
    [InlineData("cluster C1.max_backlog = 31d", "is '31d'; allowed: a duration with unit, 1s to 30d")]
    [InlineData("cluster C1.max_backlog = -5s", "is '-5s'")]
    [InlineData("cluster C1.max_backlog = null", "cluster C1.max_backlog: is missing; allowed: a duration with unit")]
    [InlineData("cluster C1.max_backlog = [5s]", "is a list; allowed: a duration")]
    [InlineData("cluster C1.max_backlog { a = 1 }", "is a { … } section; allowed: a duration")]
    [InlineData("cluster C1.failover.maximum_loss = -1", "cluster C1.failover.maximum_loss: is '-1'; allowed: any, or a whole number of transactions")]
    [InlineData("cluster C1.failover.require_semi_sync = on", "cluster C1.failover.require_semi_sync: needs semi-sync: no failover could ever take place; allowed: replication.semi_sync = prefer or require, or failover.require_semi_sync = off")]
    [InlineData("cluster C1.lease.ttl = 1199ms", "cluster C1.lease.ttl: is '1199ms'; allowed: a duration with unit, 1.2s to 1m")]
    [InlineData("cluster C1.lease.ttl = 61s", "cluster C1.lease.ttl: is '61s'; allowed: a duration with unit, 1.2s to 1m")]
    [InlineData("cluster C1.fencing.timeout = 99ms", "cluster C1.fencing.timeout: is '99ms'; allowed: a duration with unit, 100ms to 1m")]
    [InlineData("cluster C1.fencing.timeout = 61s", "cluster C1.fencing.timeout: is '61s'; allowed: a duration with unit, 100ms to 1m")]
    [InlineData("cluster C1.fencing.kill_mysqld = never", "cluster C1.fencing.kill_mysqld: is 'never'; allowed: on, off (or true, false, yes, no)")]
    [InlineData("cluster C1.failsafe.enabled = keep", "cluster C1.failsafe.enabled: is 'keep'; allowed: on, off (or true, false, yes, no)")]
    [InlineData("cluster C1.failsafe.balanced = on", "cluster C1.failsafe.balanced: is 'on'; allowed: keep | drop")]
    [InlineData("cluster C1.addresses.probe = 1001ms", "cluster C1.addresses.probe: is '1001ms'; allowed: a duration with unit, 0s to 1s")]
    [InlineData("cluster C1.disk.full = ignore", "cluster C1.disk.full: is 'ignore'; allowed: warn | failover")]
    [InlineData("cluster C1.disk.check_interval = 999ms", "cluster C1.disk.check_interval: '999ms' is too short: the disk would be written to all the time; allowed: 0s (off) or at least 1s")]
    [InlineData("cluster C1.addresses.on_conflict = ignore", "cluster C1.addresses.on_conflict: is 'ignore'; allowed: refuse | take")]
    [InlineData("cluster C1.addresses.probe = 19ms", "cluster C1.addresses.probe: '19ms' is too short: the answer of a busy machine would come too late; allowed: 0s (off) or at least 20ms")]
    [InlineData("cluster C1.addresses.check_interval = 999ms", "cluster C1.addresses.check_interval: '999ms' is too short: everybody on the network would be asked all the time; allowed: 0s (off) or at least 1s")]
    [InlineData("cluster C1.flap_count = 0", "is '0'; allowed: a whole number, 1 to 1000")]
    [InlineData("cluster C1.flap_count = 1001", "is '1001'")]
    [InlineData("cluster C1.flap_count = 2.5", "is '2.5'; allowed: a whole number")]
    [InlineData("cluster C1.flap_count = three", "is 'three'; allowed: a whole number")]
    [InlineData("cluster C1.careful_startup = maybe", "is 'maybe'; allowed: on, off (or true, false, yes, no)")]
    [InlineData("cluster C1.mode = pasive", "cluster C1.mode: is 'pasive'; allowed: active | manual | wait | passive; did you mean 'passive'?")]
    [InlineData("cluster C1.monitor_user = \"\"", "is ''; allowed: a MySQL user name")]
    [InlineData("cluster C1.checks = off", "cluster C1.checks: is text; allowed: a section: checks { … }")]
    [InlineData("cluster C1.checks.ping = 5s", "cluster C1.checks.ping: is text; allowed: a section: ping { … }")]
    [InlineData("monitor = x", "monitor: is text; allowed: a section: monitor { … }")]
    [InlineData("monitor.state_dir = mmm", "monitor.state_dir: is 'mmm'; allowed: an absolute path")]
    [InlineData("agent.mysql_socket = run/x.sock", "agent.mysql_socket: is 'run/x.sock'; allowed: an absolute path")]
    [InlineData("agent.bind_address = eth0", "agent.bind_address: is 'eth0'; allowed: an IP address")]
    [InlineData("monitor.kill_host_bin = \"\"", "monitor.kill_host_bin: is ''; allowed: an absolute path")]
    [InlineData("monitor.ping_ips = \"10.0.0.254\"", "monitor.ping_ips: is '10.0.0.254'; allowed: a list [ … ] of an IPv4")]
    [InlineData("monitor.ping_ips = [gateway]", "monitor.ping_ips[0]: is 'gateway'; allowed: an IPv4 or IPv6 address")]
    [InlineData("monitor.mmm_control.port = 65536", "monitor.mmm_control.port: is '65536'; allowed: a whole number, 0 to 65535")]
    [InlineData("monitor.mmm_control { port = 9988, bind = \"10.0.0.1\" }", "monitor.mmm_control.bind: '10.0.0.1' can be reached from other machines, where anybody could move roles; allowed: 127.0.0.1, or cert_file, key_file and ca_file")]
    [InlineData("monitor.mmm_control.cert_file = \"/etc/mmm/cert.pem\"", "monitor.mmm_control.cert_file: is of no use alone; allowed: cert_file, key_file and ca_file, or none of them")]
    [InlineData("monitor.mmm_control { cert_file = /c, key_file = /k, ca_file = ca.pem }", "monitor.mmm_control.ca_file: is 'ca.pem'; allowed: an absolute path")]
    [InlineData("monitor.mmm_control { port = 9988, cluster = C2 }", "monitor.mmm_control.cluster: 'C2' is no cluster; allowed: C1; did you mean 'C1'?")]
    [InlineData("monitor.mmm_control.prot = 1", "monitor.mmm_control.prot: unknown key; allowed: bind, ca_file, cert_file, cluster, key_file, port; did you mean 'port'?")]
    [InlineData("monitors.mon1.port = 0", "monitors.mon1.port: is '0'; allowed: a whole number, 1 to 65535")]
    [InlineData("monitors.mon1.http_port = 65536", "monitors.mon1.http_port: is '65536'")]
    [InlineData("monitor_defaults.port = x", "monitor_defaults.port: is 'x'")]
    [InlineData("monitors.mon1.address = \"10.0.0.1:8551\"", "monitors.mon1.address: is '10.0.0.1:8551'; allowed: an IP address or a host name, without port")]
    [InlineData("monitors.mon1.address = \"10.0.0.256\"", "monitors.mon1.address: is '10.0.0.256'")]
    [InlineData("monitors.mon1.address = \"0.0.0.0\"", "monitors.mon1.address: is '0.0.0.0'")]
    [InlineData("monitors.mon1 = \"10.0.0.1\"", "monitors.mon1: is text; allowed: a section: mon1 { … }")]
    [InlineData(Host + "db1.cluster_interface = \"eth 0\"", "is 'eth 0'; allowed: the name of a network interface, 1 to 15 characters")]
    [InlineData(Host + "db1.cluster_interface = abcdefghijklmnop", "is 'abcdefghijklmnop'")]
    [InlineData(Host + "db1.mysql_port = 99999", "cluster C1.hosts.db1.mysql_port: is '99999'")]
    [InlineData(Host + "db3.mode = replica", "cluster C1.hosts.db3.mode: is 'replica'; allowed: master | slave")]
    [InlineData(Host + "db3.ip = null", "cluster C1.hosts.db3.ip: is missing; allowed: an IPv4 or IPv6 address")]
    [InlineData(Host + "db3.mode = null", "cluster C1.hosts.db3.mode: is missing; allowed: master | slave")]
    [InlineData(Role + "reader.mode = sticky", "cluster C1.roles.reader.mode: is 'sticky'; allowed: exclusive | balanced")]
    [InlineData(Role + "reader.hosts = \"db1, db2\"", "cluster C1.roles.reader.hosts: is 'db1, db2'; allowed: a list [ … ] of a name")]
    [InlineData(Role + "reader.ips = null", "cluster C1.roles.reader.ips: is missing; allowed: a list")]
    public void Types_ranges_and_missing_values(string line, string problem) => One(line, problem);

    [Theory]
    [InlineData("10.0.0.300")]
    [InlineData("10.1")]
    [InlineData("010.0.0.13")]
    [InlineData("0x0a.0.0.13")]
    [InlineData("167772173")]
    [InlineData("fd00::1%eth0")]
    [InlineData("[fd00::1]")]
    [InlineData("::ffff:10.0.0.13")]
    [InlineData("10.0.0.13/24")]
    [InlineData("db3.example.org")]
    public void Addresses_that_are_none(string ip) => One($"{Host}db3.ip = \"{ip}\"", $"cluster C1.hosts.db3.ip: is '{ip}'; allowed: an IPv4 or IPv6 address");

    [Theory]
    [InlineData("0.0.0.0", "is the address of no host")]
    [InlineData("255.255.255.255", "is the broadcast address")]
    [InlineData("224.0.0.1", "is a multicast address")]
    [InlineData("239.255.0.1", "is a multicast address")]
    [InlineData("ff02::1", "is a multicast address")]
    [InlineData("fe80::1", "is a link-local address")]
    [InlineData("::", "is the address of no host")]
    public void Addresses_no_host_or_role_can_have(string ip, string reason)
    {
        One($"{Host}db3.ip = \"{ip}\"", $"({ip} {reason}");
        One($"{Role}reader.ips = [\"{ip}\"]", $"({ip} {reason}");
    }

    [Theory]
    [InlineData("1db")]
    [InlineData("-db")]
    [InlineData("d b")]
    [InlineData("db@1")]
    [InlineData("dbé")]
    [InlineData("")]
    public void Names_that_are_none(string name)
    {
        One($"{Host}\"{name}\" {{ ip = \"10.0.0.14\", mode = slave }}", "is no name for a host; allowed: a letter, then letters, digits");
        One($"{Role}\"{name}\" {{ mode = balanced, hosts = [db1], ips = [\"10.0.0.60\"] }}", "is no name for a role");
        One($"monitors.\"{name}\".address = \"10.0.0.4\"", "is no name for a monitor");
        One($"\"cluster {name}\" {{ hosts {{ a {{ ip = \"10.1.0.1\", mode = master, peer = b }}, b {{ ip = \"10.1.0.2\", mode = master, peer = a }} }}\n roles.writer {{ mode = exclusive, hosts = [a, b], ips = [\"10.1.0.9\"] }} }}", "is no name for a cluster");
    }

    [Fact]
    public void No_host_is_called_all() => One(Host + "all { ip = \"10.0.0.14\", mode = slave }", "'mmm checks all' means every host");

    [Theory]
    [InlineData(Host + "db3.peer = db1", "cluster C1.hosts.db3.peer: a slave has no peer")]
    [InlineData(Host + "db1.peer = dbb2", "cluster C1.hosts.db1.peer: 'dbb2' is no host of cluster C1; allowed: db2; did you mean 'db2'?")]
    [InlineData(Host + "db1.peer = db1", "cluster C1.hosts.db1.peer: a host is not its own peer")]
    [InlineData(Host + "db1.peer = db3", "cluster C1.hosts.db1.peer: 'db3' is a slave (/mmm.conf:8); allowed: another master")]
    [InlineData(Host + "db1.peer = null", "cluster C1.hosts.db1.peer: is missing: a master needs the name of the other master; allowed: db2")]
    [InlineData(Host + "db4 { ip = \"10.0.0.14\", mode = master, peer = db1 }", "cluster C1.hosts.db4.peer: the peer of 'db1' is 'db2' (/mmm.conf:6), not 'db4'; allowed: two masters that name each other")]
    [InlineData("cluster C1.hosts = null", "cluster C1.hosts: no host is configured", true)]
    [InlineData(Role + "reader.hosts = [db1, db33]", "cluster C1.roles.reader.hosts[1]: 'db33' is no host of cluster C1; allowed: db1, db2, db3; did you mean 'db3'?")]
    [InlineData(Role + "reader.hosts = [db1, db1]", "cluster C1.roles.reader.hosts[1]: 'db1' is named twice")]
    [InlineData(Role + "reader.hosts = []", "cluster C1.roles.reader.hosts: no host may carry this role; allowed: db1, db2, db3")]
    [InlineData(Role + "writer.hosts = []", "cluster C1.roles.writer.hosts: no host may carry this role; allowed: db1, db2, db3")]
    [InlineData(Role + "reader.ips = []", "cluster C1.roles.reader.ips: the role has no address; allowed: at least one")]
    [InlineData(Role + "writer.ips = []", "cluster C1.roles.writer.ips: an exclusive role has one address, this one has 0")]
    [InlineData(Role + "writer.ips = [\"10.0.0.50\", \"10.0.0.60\"]", "cluster C1.roles.writer.ips: an exclusive role has one address, this one has 2; allowed: exactly one, or mode = balanced")]
    [InlineData(Role + "writer.prefer = db3", "cluster C1.roles.writer.prefer: 'db3' is not among the role's hosts; allowed: db1, db2")]
    [InlineData(Role + "reader.prefer = db1", "cluster C1.roles.reader.prefer: a balanced role prefers no host")]
    [InlineData("cluster C1.active_master_role = write", "cluster C1: has no role 'write', which active_master_role (/mmm.conf:16) names; allowed: writer, reader; did you mean 'writer'?")]
    [InlineData("cluster C1.roles = null", "cluster C1: has no role 'writer', which active_master_role (mmm.reference.conf:")]
    [InlineData("cluster C1.active_master_role = reader\n" + Role + "reader.hosts = [db1, db2]", "cluster C1.roles.reader.mode: 'reader' is the active_master_role: only one host may take writes; allowed: exclusive")]
    [InlineData(Role + "writer.hosts = [db1, db3]", "cluster C1.roles.writer.hosts[1]: 'db3' is a slave (/mmm.conf:8) and cannot become the active master; allowed: masters")]
    [InlineData("cluster C1.hosts { db4 { ip = \"10.0.0.14\", mode = master, peer = db5 }, db5 { ip = \"10.0.0.15\", mode = master, peer = db4 } }\n" + Role + "writer.hosts = [db1, db4]", "cluster C1.roles.writer.hosts: 'db1' and 'db4' are not each other's peer")]
    [InlineData("cluster C1.hosts { db4 { ip = \"10.0.0.14\", mode = master, peer = db5 }, db5 { ip = \"10.0.0.15\", mode = master, peer = db4 } }\n" + Role + "writer.hosts = [db1, db2, db4]", "cluster C1.hosts.db4.peer: 3 masters may become the active master: none of them has a peer, they all follow the active one; allowed: no peer", true)]
    [InlineData(Host + "db3.priority = 101", "cluster C1.hosts.db3.priority: is '101'; allowed: a whole number, 0 to 100")]
    [InlineData(Host + "db3.priority = -1", "cluster C1.hosts.db3.priority: is '-1'; allowed: a whole number, 0 to 100")]
    [InlineData(Host + "db3.site = \"\"", "cluster C1.hosts.db3.site: is ''; allowed: a name, for example of a data centre")]
    [InlineData(Host + "db4 { ip = \"10.0.0.14\", mode = master }", "cluster C1.hosts.db4.peer: is missing: a master needs the name of the other master; allowed: db1, db2")]
    public void Hosts_and_roles(string line, string problem, bool others = false) => One(line, problem, others);

    [Theory]
    [InlineData("monitor.otlp_endpoint = \"10.0.0.9:4318\"", "monitor.otlp_endpoint: is '10.0.0.9:4318'; allowed: an http or https URL, as in http://10.0.0.9:4318/v1/traces")]
    [InlineData("monitor.history_events = 99", "monitor.history_events: is '99'; allowed: a whole number, 100 to 100000")]
    [InlineData("agent.http.port = 3306", "agent.http.port: 10.0.0.11 port 3306 is already mysqld of host db1 of cluster C1")]
    [InlineData("agent.http.port = 9990", "agent.http.port: 9990 is already agent.binlog_port")]
    [InlineData("agent.http.port = 9989", "agent.http.port: 10.0.0.11 port 9989 is already agent of host db1 of cluster C1")]
    [InlineData("agent.http { port = 9991, bind = db1 }", "agent.http.bind: is 'db1'; allowed: an IP address or localhost")]
    [InlineData("agent.http { port = 9991, token = x }", "agent.http.token: unknown key; allowed: bind, port")]
    [InlineData("agent.binlog_port = 3306", "agent.binlog_port: 10.0.0.11 port 3306 is already mysqld of host db1 of cluster C1")]
    [InlineData(Role + "reader.ips = [\"10.0.0.50\"]", "cluster C1.roles.reader.ips[0]: 10.0.0.50 is already an address of role writer of cluster C1 (/mmm.conf:11)")]
    [InlineData(Role + "reader.ips = [\"10.0.0.51\", \"10.0.0.51\"]", "cluster C1.roles.reader.ips[1]: 10.0.0.51 is already an address of role reader")]
    [InlineData(Role + "reader.ips = [\"10.0.0.13\"]", "10.0.0.13 is already the address of host db3 (/mmm.conf:8)")]
    [InlineData(Role + "reader.ips = [\"10.0.0.2\"]", "10.0.0.2 is already the address of monitor mon2 (/mmm.conf:2)")]
    [InlineData(Role + "reader.ips = [\"fd00::1\", \"FD00:0:0::1\"]", "cluster C1.roles.reader.ips[1]: fd00::1 is already an address of role reader")]
    [InlineData(Host + "db3 { ip = \"10.0.0.12\", agent_port = 9990 }", "cluster C1.hosts.db3.ip: mysqld of host db3 of cluster C1 would use 10.0.0.12 port 3306, which is already mysqld of host db2 of cluster C1 (/mmm.conf:7)")]
    [InlineData(Host + "db3 { ip = \"10.0.0.12\", mysql_port = 3307 }", "cluster C1.hosts.db3.ip: agent of host db3 of cluster C1 would use 10.0.0.12 port 9989, which is already agent of host db2")]
    [InlineData(Host + "db3.mysql_admin_port = 3306", "mysql_admin_port of host db3 of cluster C1 would use 10.0.0.13 port 3306, which is already mysqld of host db3")]
    [InlineData(Host + "db3.agent_port = 3306", "agent of host db3 of cluster C1 would use 10.0.0.13 port 3306, which is already mysqld of host db3")]
    [InlineData("monitors.mon1.http_port = 8551", "http_port of monitor mon1 would use 10.0.0.1 port 8551, which is already port of monitor mon1")]
    [InlineData("monitors.mon2 { address = \"10.0.0.1\", http_port = 9 }", "port of monitor mon2 would use 10.0.0.1 port 8551, which is already port of monitor mon1")]
    [InlineData("monitors.mon2 { address = \"10.0.0.12\", port = 9989 }", "agent of host db2 of cluster C1 would use 10.0.0.12 port 9989, which is already port of monitor mon2")]
    public void No_address_twice(string line, string problem) => One(line, problem);

    [Theory]
    [InlineData("10.0.0.11", 3306, 9990, "10.1.0.50", "mysqld of host a of cluster C2 would use 10.0.0.11 port 3306, which is already mysqld of host db1 of cluster C1")]
    [InlineData("10.0.0.11", 3307, 9989, "10.1.0.50", "agent of host a of cluster C2 would use 10.0.0.11 port 9989, which is already agent of host db1 of cluster C1")]
    [InlineData("10.1.0.11", 3306, 9989, "10.0.0.50", "10.0.0.50 is already an address of role writer of cluster C1 (/mmm.conf:11)")]
    [InlineData("10.1.0.11", 3306, 9989, "10.0.0.13", "10.0.0.13 is already the address of host db3")]
    [InlineData("10.0.0.50", 3306, 9989, "10.1.0.50", "10.0.0.50 is already the address of host a")]
    public void Clusters_never_touch_each_other(string ip, int mysqlPort, int agentPort, string roleIp, string problem) => One(Second(ip, mysqlPort, agentPort, roleIp), problem);

    [Theory]
    [InlineData("cluster C1.checks.ping.trap_period = 400ms", "cluster C1.checks.ping.trap_period: '400ms' is too short: it could not be told from a single failure; allowed: at least cluster_defaults.checks.ping.check_period = 500ms")]
    [InlineData("cluster C1.checks.rep_backlog.timeout = 6s", "cluster C1.checks.rep_backlog.timeout: '6s' is too long: a check that hangs would be repeated too seldom; allowed: at most 5 * cluster_defaults.checks.rep_backlog.check_period = 5s")]
    [InlineData("cluster C1.sight_timeout = 1.9s", "cluster C1.sight_timeout: '1.9s' is too short: a healthy monitor's word would lapse between two checks; allowed: at least cluster_defaults.checks.ping.check_period + cluster_defaults.checks.ping.check_period + cluster_defaults.checks.ping.timeout = 2s", true)]
    [InlineData("cluster C1.checks.mysql.timeout = 2.1s", "/mmm.conf:16: cluster C1.checks.mysql.timeout: makes cluster_defaults.sight_timeout = 3s too short: a healthy monitor's word would lapse between two checks; allowed: at least")]
    [InlineData("cluster C1.agent_timeout = 1s", "cluster C1.agent_timeout: '1s' is too short: one lost heartbeat would make an agent unreachable; allowed: more than 2 * agent.heartbeat_interval = 1s")]
    [InlineData("cluster C1.startup_timeout = 500ms", "cluster C1.startup_timeout: '500ms' is too short: no agent would have been heard of; allowed: more than agent.heartbeat_interval = 500ms")]
    [InlineData("cluster C1.move_timeout = 13s", "cluster C1.move_timeout: '13s' is too short: a move could never use the time its steps are given; allowed: at least cluster_defaults.lease.ttl + cluster_defaults.catch_up_timeout = 13.2s")]
    [InlineData("cluster C1.lease.ttl = 11200ms", "/mmm.conf:16: cluster C1.lease.ttl: makes cluster_defaults.move_timeout = 20s too short: a move could never use the time its steps are given; allowed: at least cluster C1.lease.ttl + cluster_defaults.catch_up_timeout = 21.2s")]
    [InlineData("agent.heartbeat_interval = 1s", "/mmm.conf:16: agent.heartbeat_interval: makes cluster_defaults.agent_timeout = 2s too short")]
    [InlineData("monitor.membership.acceptable_heartbeat_pause = 300ms", "monitor.membership.acceptable_heartbeat_pause: '300ms' is too short: the first late heartbeat would count as a death; allowed: more than monitor.membership.heartbeat_interval = 300ms")]
    [InlineData("monitor.membership.stable_after = 300ms", "monitor.membership.stable_after: '300ms' is too short: the members would not have heard of each other in between; allowed: at least 2 * monitor.membership.gossip_interval = 400ms")]
    [InlineData("monitor.membership.down_removal_margin = 0s", "monitor.membership.down_removal_margin: is '0s'; allowed: a duration with unit, 1ms to 1m")]
    public void Timings_that_do_not_go_together(string line, string problem, bool others = false) => One(line, problem, others);

    [Theory]
    [InlineData("this = mon4", NodeKind.Monitor, "this: 'mon4' is no monitor; allowed: mon1, mon2, mon3; did you mean 'mon1'?")]
    [InlineData("this = db1", NodeKind.Monitor, "this: 'db1' is no monitor; allowed: mon1, mon2, mon3")]
    [InlineData("this = mon1", NodeKind.Agent, "this: 'mon1' is no host; allowed: db1, db2, db3")]
    [InlineData("this = \"db 1\"", NodeKind.Agent, "this: is 'db 1'; allowed: a letter")]
    [InlineData("this = null", NodeKind.Monitor, "this: is missing: the name of this node, here or as --this; allowed: mon1, mon2, mon3")]
    [InlineData("this = null", NodeKind.Agent, "this: is missing: the name of this node, here or as --this; allowed: db1, db2, db3")]
    [InlineData("this = db1, this_cluster = C2", NodeKind.Agent, "this_cluster: 'C2' is no cluster; allowed: C1; did you mean 'C1'?")]
    [InlineData("this = db9, this_cluster = C1", NodeKind.Agent, "this: 'db9' is no host of cluster C1; allowed: db1, db2, db3")]
    public void Who_this_node_is(string line, NodeKind kind, string problem)
    {
        string found = Assert.Single(SettingsBase.Problems(line, kind));
        Assert.Contains(problem, found, StringComparison.Ordinal);
        Assert.StartsWith("/mmm.conf:16: this", found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_from_the_command_line_is_reported_as_such() =>
        Assert.StartsWith("command line: this: 'mon9' is no monitor", Assert.Single(SettingsBase.Problems(string.Empty, self: "mon9")), StringComparison.Ordinal);

    [Fact]
    public void A_host_name_of_two_clusters_needs_the_cluster()
    {
        string two = Second("10.1.0.11", 3306, 9989, "10.1.0.50").Replace("a {", "db1 {", StringComparison.Ordinal).Replace("= a", "= db1", StringComparison.Ordinal).Replace("[a,", "[db1,", StringComparison.Ordinal);

        Assert.Contains(
            "the clusters C1, C2 each have a host 'db1'; allowed: this_cluster = NAME",
            Assert.Single(SettingsBase.Problems(two, NodeKind.Agent, "db1")),
            StringComparison.Ordinal);
        Assert.Equal("C2", SettingsBase.Read(two + "\nthis_cluster = C2", NodeKind.Agent, null, "db1").Settings.ThisCluster);
    }

    [Theory]
    [InlineData("monitors = null", "monitors: no monitor is configured; allowed: 1 to 7, best 3")]
    [InlineData("monitors { mon4.address = \"10.0.0.4\", mon5.address = \"10.0.0.5\", mon6.address = \"10.0.0.6\", mon7.address = \"10.0.0.7\", mon8.address = \"10.0.0.8\" }", "monitors: 8 monitors are configured; allowed: 1 to 7, best 3")]
    [InlineData("\"cluster C1\" = null", "cluster C1: is null; allowed: a section: C1 { … }", true)]
    [InlineData("cluster.C1.max_backlog = 5s", "cluster.C1: this cluster is also written as cluster C1 (/mmm.conf:4); allowed: one of the two notations")]
    [InlineData("cluster = C1", "cluster: is text; allowed: cluster NAME { … }")]
    public void Monitors_and_clusters(string line, string problem, bool others = false) => One(line, problem, others);

    [Fact]
    public void No_cluster_at_all()
    {
        MemorySource source = new MemorySource().Add("/mmm.conf", "this = mon1, monitors.mon1.address = \"127.0.0.1\"");

        string problem = Assert.Single(Assert.Throws<SettingsException>(() => SettingsBase.ReadFrom(source)).Problems);

        Assert.Contains("cluster: no cluster is configured; allowed: at least one section", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_listed_in_the_order_of_the_lines()
    {
        SettingsException refused = Assert.Throws<SettingsException>(() => SettingsBase.Read("cluster C1.flap_count = x\nagent.sttae_dir = /x\nmonitor.ping_interval = 5\n"));

        Assert.Equal(3, refused.Problems.Length);
        Assert.StartsWith("The configuration has 3 errors:\n  /mmm.conf:16: cluster C1.flap_count:", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("/mmm.conf:17: agent.sttae_dir:", refused.Problems[1], StringComparison.Ordinal);
        Assert.StartsWith("/mmm.conf:18: monitor.ping_interval:", refused.Problems[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_the_defaults_is_reported_once_for_all_clusters() =>
        One(Second("10.1.0.11", 3306, 9989, "10.1.0.50") + "\ncluster_defaults.flap_count = x", "cluster_defaults.flap_count: is 'x'");

    [Fact]
    public void Text_that_is_no_hocon_is_one_problem_with_its_place() =>
        Assert.StartsWith("/mmm.conf:16:5: the quote opened here", Assert.Single(SettingsBase.Problems("x = \"")), StringComparison.Ordinal);

    [Fact]
    public void A_bad_value_of_the_environment_names_the_variable()
    {
        SettingsException refused = Assert.Throws<SettingsException>(() => SettingsBase.Read("cluster C1.flap_count = ${?FLAPS}", NodeKind.Monitor, n => n == "FLAPS" ? "many" : null));

        Assert.Contains("/mmm.conf:16: cluster C1.flap_count: is 'many' (from the environment variable FLAPS)", refused.Message, StringComparison.Ordinal);
    }

    private static string Second(string ip, int mysqlPort, int agentPort, string roleIp) =>
        $$"""
        cluster C2 { hosts {
          a { ip = "{{ip}}", mode = master, peer = b, mysql_port = {{mysqlPort}}, agent_port = {{agentPort}} }
          b { ip = "10.1.0.12", mode = master, peer = a } }
          roles.writer { mode = exclusive, hosts = [a, b], ips = ["{{roleIp}}"] } }
        """;

    /// <summary>The line makes this problem, at its own place, and (unless others follow from it) no other.</summary>
    private static void One(string line, string problem, bool others = false)
    {
        string[] problems = SettingsBase.Problems(line);
        Assert.True(problems.Any(p => p.Contains(problem, StringComparison.Ordinal)), $"wanted: {problem}\nfound:  {string.Join("\n        ", problems)}");
        if (!others)
            Assert.Single(problems);
    }
}
