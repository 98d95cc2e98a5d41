using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mmm.Actors.Security;
using Mmm.Cluster.Tests.Security;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Security;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Alert rules, example configuration, dashboard and page fit what is served: a metric that is renamed breaks one of these.</summary>
public sealed partial class MetricsFilesTests
{
    private static readonly string _rules = Repository.Read("packaging", "prometheus", "mmm-alerts.yml");
    private static readonly string _ruleTests = Repository.Read("packaging", "prometheus", "mmm-alerts.test.yml");
    private static readonly string _dashboard = Repository.Read("packaging", "grafana", "mmm-dashboard.json");
    private static readonly string _page = Repository.Read("docs", "metrics.md");

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_metrics() => Assert.Equal("", (await Promtool.Succeeds(await Scrape(), "check", "metrics")).Trim());

    [Fact]
    public async Task Promtool_takes_the_rules() =>
        Assert.Contains($"SUCCESS: {Alerts().Length} rules found", await Promtool.Succeeds(null, "check", "rules", Repository.PathOf("packaging", "prometheus", "mmm-alerts.yml")), StringComparison.Ordinal);

    [Fact]
    public async Task Each_alert_fires_when_it_shall_and_not_otherwise() =>
        Assert.Contains("SUCCESS", await Promtool.Succeeds(null, "test", "rules", Repository.PathOf("packaging", "prometheus", "mmm-alerts.test.yml")), StringComparison.Ordinal);

    [Fact]
    public void Each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not()
    {
        (string Alert, bool Fires)[] cases = [.. Case().Matches(_ruleTests).Select(m => (m.Groups["alert"].Value, m.Groups["none"].Length == 0))];
        foreach (string alert in Alerts())
        {
            Assert.Contains((alert, true), cases);
            Assert.Contains((alert, false), cases);
        }

        Assert.Empty(cases.Select(c => c.Alert).Except(Alerts()));
    }

    /// <summary>With its token file beside it, as the example says.</summary>
    [Fact]
    public async Task Promtool_takes_the_example()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mmm-prometheus-");
        try
        {
            foreach (string file in new[] { "prometheus.yml", "mmm-alerts.yml" })
                File.Copy(Repository.PathOf("packaging", "prometheus", file), Path.Combine(folder.FullName, file));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "mmm-token"), "a-token-of-sixteen", TestContext.Current.CancellationToken);
            await Promtool.Succeeds(null, "check", "config", Path.Combine(folder.FullName, "prometheus.yml"));
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Fact]
    public async Task Rules_and_dashboard_ask_for_metrics_that_are_served()
    {
        string[] known = [.. await Served(), .. ServedByAgents()];
        string[] asked = [.. Names(Expressions(_rules)).Concat(Queries().SelectMany(Names)).Distinct()];
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(known));
        Assert.Empty(Names(_ruleTests).Except(known));
    }

    /// <summary>A metric that nobody looks at need not be there.</summary>
    [Fact]
    public async Task Every_metric_of_the_monitors_is_in_a_rule_or_on_the_dashboard() =>
        Assert.Empty((await Served()).Except(Names(Expressions(_rules)).Concat(Queries().SelectMany(Names))));

    [Fact]
    public async Task Promtool_takes_every_query_of_the_dashboard()
    {
        StringBuilder rules = new("groups:\n  - name: dashboard\n    rules:\n");
        foreach ((string query, int i) in Queries().Select((q, i) => (q, i)))
            rules.Append(CultureInfo.InvariantCulture, $"      - record: query_{i}\n        expr: {JsonSerializer.Serialize(query.Replace("$cluster", "C1", StringComparison.Ordinal))}\n");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, rules.ToString(), TestContext.Current.CancellationToken);
            Assert.Contains($"SUCCESS: {Queries().Count()} rules found", await Promtool.Succeeds(null, "check", "rules", file), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>What Grafana needs to import it anywhere: no data source of ours by name, no panel twice, none above another.</summary>
    [Fact]
    public void The_dashboard_can_be_imported()
    {
        using var dashboard = JsonDocument.Parse(_dashboard);
        JsonElement root = dashboard.RootElement;
        Assert.Equal(JsonValueKind.Null, root.GetProperty("id").ValueKind);
        Assert.Equal(["datasource", "cluster"], root.GetProperty("templating").GetProperty("list").EnumerateArray().Select(v => v.GetProperty("name").GetString()));
        JsonElement[] panels = [.. root.GetProperty("panels").EnumerateArray()];
        Assert.Distinct(panels.Select(p => p.GetProperty("id").GetInt32()));
        Assert.Distinct(panels.Select(p => p.GetProperty("title").GetString()));
        Assert.All(panels.Where(p => p.GetProperty("type").GetString() != "row"), p => Assert.All(
            p.GetProperty("targets").EnumerateArray().Append(p), t => Assert.Equal("${datasource}", t.GetProperty("datasource").GetProperty("uid").GetString())));
        Assert.Distinct(panels.SelectMany(Cells));
    }

    [Fact]
    public async Task The_page_lists_every_metric_and_every_alert()
    {
        Assert.Equal((await Served()).Order(), Names(_page).Where(n => !n.StartsWith("mmm_agent_", StringComparison.Ordinal)).Order());
        Assert.Empty(Names(_page).Where(n => n.StartsWith("mmm_agent_", StringComparison.Ordinal)).Except(ServedByAgents()));
        Assert.Equal(Alerts().Order(), AlertName().Matches(_page).Select(m => m.Value).Distinct().Order());
    }

    private static async Task<string> Scrape()
    {
        using TestInstallation installation = new();
        PeerName name = PeerName.Monitor("mon1");
        await using EndpointNode node = await EndpointNode.Start(certificates: CertificateStore.Open(installation.Issue("mon1", name), name, "127.0.0.1", TimeProvider.System));
        node.Heard = [new HeardSnapshot(Pictures.WithReports(), TimeSpan.FromMilliseconds(180))];
        using HttpClient http = installation.Client(node.Http.BaseAddress!);
        return (await http.Sends(HttpMethod.Get, "/metrics")).Body;
    }

    private static async Task<string[]> Served() => [.. Type().Matches(await Scrape()).Select(m => m.Groups[1].Value)];

    /// <summary>By their page, which the agents' tests compare with what is served.</summary>
    private static string[] ServedByAgents() => [.. Names(Repository.Read("docs", "agent-http.md"))];

    private static string[] Alerts() => [.. Alert().Matches(_rules).Select(m => m.Groups[1].Value)];

    /// <summary>Everything in the rules but the annotations.</summary>
    private static string Expressions(string rules) => string.Join('\n', rules.Split('\n').Where(l => !Prose().IsMatch(l)));

    private static IEnumerable<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(_dashboard);
        string[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(p => p.TryGetProperty("targets", out _))
            .SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString() ?? "")];
        string[] variables = [.. dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Where(v => v.TryGetProperty("definition", out _))
            .Select(v => Variable().Match(v.GetProperty("definition").GetString() ?? "").Groups[1].Value)];
        return [.. panels, .. variables];
    }

    private static IEnumerable<(int X, int Y)> Cells(JsonElement panel)
    {
        JsonElement place = panel.GetProperty("gridPos");
        int At(string name) => place.GetProperty(name).GetInt32();
        return from x in Enumerable.Range(At("x"), At("w")) from y in Enumerable.Range(At("y"), At("h")) select (x, y);
    }

    private static IEnumerable<string> Names(string text) => Name().Matches(text).Select(m => m.Value).Distinct();

    [GeneratedRegex("^# TYPE (mmm_[a-z_]+) gauge$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"\bmmm_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex(@"^      - alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"\bMmm[A-Z]\w+")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^ *(#|summary:|description:)")]
    private static partial Regex Prose();

    [GeneratedRegex(@"^ +alertname: (?<alert>\w+)\n +exp_alerts:(?<none> \[\])?$", RegexOptions.Multiline)]
    private static partial Regex Case();

    [GeneratedRegex(@"^label_values\((\w+), ?\w+\)$")]
    private static partial Regex Variable();
}
