using Mmm.Monitor.Adapters;
using Xunit;

namespace Mmm.Cluster.Tests.Adapters;

public sealed class ReplicaStatusDialectTests
{
    [Theory]
    [InlineData("5.7.44-log", "SHOW SLAVE STATUS", "Slave_IO_Running")]
    [InlineData("8.0.21", "SHOW SLAVE STATUS", "Slave_IO_Running")]
    [InlineData("8.0.22", "SHOW REPLICA STATUS", "Replica_IO_Running")]
    [InlineData("8.4.2-commercial", "SHOW REPLICA STATUS", "Replica_IO_Running")]
    [InlineData("9.7.4", "SHOW REPLICA STATUS", "Replica_IO_Running")]
    [InlineData("5.5.5-10.5.8-MariaDB", "SHOW ALL SLAVES STATUS", "Slave_IO_Running")]
    [InlineData("11.8.2-MariaDB-1", "SHOW ALL SLAVES STATUS", "Slave_IO_Running")]
    public void Statement_and_columns_follow_family_and_version(string version, string statement, string column)
    {
        var dialect = ReplicaStatusDialect.Of(version);
        Assert.Equal((statement, column), (dialect.ReplicaStatus, dialect.IoRunning));
    }

    [Theory]
    [InlineData("8.0.21", "SHOW MASTER STATUS", "Exec_Master_Log_Pos")]
    [InlineData("8.0.40", "SHOW MASTER STATUS", "Exec_Source_Log_Pos")]
    [InlineData("8.4.2", "SHOW BINARY LOG STATUS", "Exec_Source_Log_Pos")]
    public void So_do_those_for_positions(string version, string end, string executed)
    {
        var dialect = ReplicaStatusDialect.Of(version);
        Assert.Equal((end, executed), (dialect.BinlogEnd, dialect.ExecutedPosition));
    }
}
