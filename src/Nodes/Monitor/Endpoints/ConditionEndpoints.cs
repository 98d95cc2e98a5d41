using Mmm.Shared.Api;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET …/mode, …/move and …/warnings: the condition of the cluster as a whole.</summary>
internal static class ConditionEndpoints
{
    public static void MapCondition(this WebApplication app)
    {
        app.MapGet($"{ClusterEndpoints.One}/mode", Mode)
            .Tells<ModeReading>("Clusters", "The mode of a cluster", "And why it is in that mode.").OfCluster();
        app.MapGet($"{ClusterEndpoints.One}/move", Move)
            .Tells<MoveReading>("Clusters", "The running move", "Of the active master role; 'move' is null while nothing moves.").OfCluster();
        app.MapGet($"{ClusterEndpoints.One}/warnings", Warnings)
            .Tells<WarningsReading>("Clusters", "What is wrong", "The warnings of 'mmm show', and what 'mmm check-setup' finds.").OfCluster();
    }

    private static Task<IResult> Mode([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new ModeReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, heard.Snapshot.Phase, heard.Snapshot.Mode, heard.Snapshot.ModeReason), ApiFormat.Wire.ModeReading));

    private static Task<IResult> Move([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new MoveReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, heard.Snapshot.Move), ApiFormat.Wire.MoveReading));

    private static Task<IResult> Warnings([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new WarningsReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, [.. MmmShow.Warnings(heard.Snapshot)], heard.Snapshot.Setup), ApiFormat.Wire.WarningsReading));
}
