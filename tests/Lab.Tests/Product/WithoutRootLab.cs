using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Servers and agents as mysql, monitors as nobody, as the packaged units have it; and a secret in every place that takes one.</summary>
public sealed class WithoutRootLab() : LabFixture(new LabOptions
{
    Unprivileged = true,
    SemiSync = true,
    Slaves = 1,
    ExtraConfig = $$"""
        cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000 }
        monitor {
          http.tokens { prometheus { token = "{{Viewer}}", role = viewer } }
          # Nobody listens there: every event is tried, and told of as not delivered.
          webhook { url = "http://{{WebhookLogin}}:{{WebhookPassword}}@127.0.0.1:9/{{WebhookPath}}", secret = "{{WebhookKey}}", retries = 1, timeout = 1s }
        }
        """,
})
{
    private const string Viewer = "viewer-token-p7Jq2nVx0r";
    private const string WebhookLogin = "hooklogin-v8Zt5mWc";
    private const string WebhookPassword = "hookpassword-k3Rf6yLb";
    private const string WebhookPath = "hookpath-d9Sx4uHg";
    private const string WebhookKey = "hookkey-e1Nw7oTj2i";

    /// <summary>Those of the configuration above.</summary>
    public static readonly string[] Secrets = [Viewer, WebhookLogin, WebhookPassword, WebhookPath, WebhookKey];
}

[CollectionDefinition(Name)]
public sealed class WithoutRootLabCollection : ICollectionFixture<WithoutRootLab>
{
    public const string Name = "lab without root";
}
