using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Two masters, two slaves, three monitors; MMM's rules with durations a test can wait for.</summary>
public sealed class WholeLab() : LabFixture(new LabOptions
{
    SemiSync = true,
    ExtraConfig = """
        cluster_defaults {
          auto_set_online = 1s
          master_connect_retry = 2s
          # Hosts fail in every test: none of them is flapping.
          flap_count = 1000
          max_backlog = 2s
          checks {
            rep_threads { check_period = 500ms, trap_period = 1s, timeout = 1s }
            rep_backlog { check_period = 500ms, trap_period = 1s, timeout = 1s }
          }
        }
        """,
});

[CollectionDefinition(Name)]
public sealed class WholeLabCollection : ICollectionFixture<WholeLab>
{
    public const string Name = "whole lab";
}
