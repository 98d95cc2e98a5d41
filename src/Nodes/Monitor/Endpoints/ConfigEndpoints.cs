using Mmm.Actors.Configuration;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary><c>/api/v1/config</c>: what this monitor runs with, and reading its file again.</summary>
internal static class ConfigEndpoints
{
    private const string Subject = "Configuration";

    public static void MapConfig(this WebApplication app)
    {
        app.MapGet(ApiPaths.Config, Read)
            .Tells<ConfigReading>(Subject, "What this monitor runs with", "No settings, only whether they are those of its file and of the other nodes.").Refuses(503);
        app.MapPost(ApiPaths.ConfigReload, Reload).WithMetadata(new ChangesSomething(ApiRole.Admin))
            .Tells<ReloadReading>(Subject, "Has this monitor read its configuration again", "What can take effect does; the rest is named. A file that is not valid changes nothing: 422, with everything that is wrong.")
            .Refuses(405, 422, 503);
    }

    private static async Task<IResult> Read(MmmSettings settings, INodeSettings node, CancellationToken cancel) =>
        await node.State(cancel) is { } state
            ? Results.Json(new ConfigReading(settings.This, SettingsFingerprint.Of(state.Settings), state.ReadAt, state.Waiting), ApiFormat.Wire.ConfigReading)
            : Problems.NotAnswering(settings.This);

    private static async Task<IResult> Reload(HttpContext http, MmmSettings settings, INodeSettings node, CancellationToken cancel) =>
        await node.Reload(CommandRules.By(null, http), cancel) switch
        {
            SettingsActor.Reloaded { Change: var change } reloaded => Results.Json(
                new ReloadReading(settings.This, SettingsFingerprint.Of(change.Effective), change.Live, change.Restart, reloaded.Warnings), ApiFormat.Wire.ReloadReading),
            SettingsActor.Refused refused => Problems.InvalidConfiguration(refused.Problems),
            _ => Problems.NotAnswering(settings.This),
        };
}
