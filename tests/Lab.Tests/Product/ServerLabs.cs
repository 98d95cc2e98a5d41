using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Two masters, a slave, three monitors.</summary>
/// <param name="server">What the databases are.</param>
/// <param name="positions">Replication without GTIDs.</param>
public abstract class ServerLab(string server, bool positions = false) : LabFixture(new LabOptions
{
    Server = server,
    Positions = positions,
    SemiSync = true,
    Slaves = 1,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000, max_backlog = 15s }",
});

public sealed class MariaDbPositionsLab() : ServerLab("mariadb-10.11", positions: true);

public sealed class NewerMariaDbLab() : ServerLab("mariadb-11.8");

public sealed class MySqlLab() : ServerLab("mysql-9.7");

public sealed class MySqlPositionsLab() : ServerLab("mysql-9.7", positions: true);

public sealed class OnMariaDbByPositions(MariaDbPositionsLab lab) : EveryServerTests(lab), IClassFixture<MariaDbPositionsLab>;

public sealed class OnNewerMariaDb(NewerMariaDbLab lab) : GtidServerTests(lab), IClassFixture<NewerMariaDbLab>;

public sealed class OnMySql(MySqlLab lab) : GtidServerTests(lab), IClassFixture<MySqlLab>;

public sealed class OnMySqlByPositions(MySqlPositionsLab lab) : EveryServerTests(lab), IClassFixture<MySqlPositionsLab>;
