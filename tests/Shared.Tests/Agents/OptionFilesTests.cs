using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Shared.Tests.Agents;

public sealed class OptionFilesTests
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal) { ["/etc/mysql/my.cnf"] = "[mysqld]\nread_only\n" };

    [Fact]
    public void The_default_files_are_read_and_the_last_word_counts()
    {
        _files["/etc/my.cnf"] = "[mysqld]\nread_only = 0\nsync_binlog=0\n";
        Assert.Equal("read_only=ON sync_binlog=0", Read("mysqld"));
        Assert.Equal("read_only=ON sync_binlog=7", Read("mysqld --sync-binlog=7"));
        Assert.Equal("", Read("mysqld --no-defaults"));
    }

    [Theory]
    [InlineData("[mysqld]\nread-only=1", "read_only=1")]
    [InlineData("[client]\nread_only=1\n[ mysqld ]\nsync_binlog = 1 # all of it\n[mysql]\nread_only=1", "sync_binlog=1")]
    [InlineData("[server]\nskip-read-only\n", "read_only=OFF")]
    [InlineData("[mysqld-9.7]\nloose_rpl_semi_sync_source_enabled\n[mysqld-9.8]\nsync_binlog=0\n", "rpl_semi_sync_source_enabled=ON")]
    [InlineData("# [mysqld]\n; [mysqld]\nread_only=1\n", "")]
    [InlineData("[mysqld]\r\nread_only = 'ON'\r\nsync_binlog=\"0\"\r\n", "read_only=ON sync_binlog=0")]
    [InlineData("[mysqld\nread_only=1\n[mysqld]\n=\n!\n[\n", "")]
    [InlineData("[mariadb]\nread_only=1\n", "")]
    public void Lines_mean_what_they_mean_to_mysqld(string text, string found)
    {
        _files["/x.cnf"] = text;
        Assert.Equal(found, Read("/usr/sbin/mysqld --defaults-file=/x.cnf"));
    }

    [Theory]
    [InlineData("mariadb", "read_only=1")]
    [InlineData("mariadbd-11.8", "read_only=1")]
    [InlineData("client-server", "read_only=1")]
    [InlineData("mariadb-10.11", "")]
    public void MariaDB_has_groups_of_its_own(string group, string found)
    {
        _files["/x.cnf"] = $"[{group}]\nread_only=1";
        Assert.Equal(found, Read("mariadbd --defaults-file=/x.cnf", "11.8.9-MariaDB-1"));
    }

    [Fact]
    public void Includes_groups_with_a_suffix_and_what_SET_PERSIST_has_written_are_read()
    {
        _files["/etc/mysql/my.cnf"] = "!includedir /etc/mysql/conf.d\n!include /one.cnf\n[mysqld_b]\nsuper_read_only\n";
        _files["/etc/mysql/conf.d/b.cnf"] = "[mysqld]\nsync_binlog=2\n";
        _files["/etc/mysql/conf.d/a.cnf"] = "[mysqld]\nsync_binlog=1\n";
        _files["/etc/mysql/conf.d/c.txt"] = "[mysqld]\nsync_binlog=3\n";
        _files["/one.cnf"] = "!include /one.cnf\n[mysqld]\nread_only=1\n";
        Assert.Equal("read_only=1 super_read_only=ON sync_binlog=2", Read("mysqld --defaults-group-suffix=_b"));
        Assert.Equal("read_only=1 sync_binlog=9", Read("mysqld", persisted: new ServerVariable("sync_binlog", "9")));
    }

    [Fact]
    public void Where_a_file_that_is_named_cannot_be_read_nothing_is_known()
    {
        Assert.Null(Read("mysqld --defaults-file=/gone.cnf"));
        Assert.Null(Read("mysqld --defaults-extra-file=/gone.cnf"));
    }

    private string? Read(string commandLine, string version = "9.7.4", params ServerVariable[] persisted) =>
        new OptionFiles(ServerVersion.Parse(version), _files.GetValueOrDefault, folder => _files.Keys.Where(f => Path.GetDirectoryName(f) == folder).Select(f => Path.GetFileName(f)))
            .Of(commandLine.Split(' '), persisted) is { } found ? string.Join(' ', found.Select(v => $"{v.Name}={v.Value}")) : null;
}
