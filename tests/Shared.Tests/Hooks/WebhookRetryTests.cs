using Mmm.Shared.Hooks;
using Xunit;

namespace Mmm.Shared.Tests.Hooks;

public sealed class WebhookRetryTests
{
    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    public void Taken(int status) => Assert.IsType<WebhookVerdict.Delivered>(WebhookRetry.After(new WebhookOutcome(status, null), 1, 5));

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(408)]
    [InlineData(413)]
    public void An_answer_that_would_be_the_same_again_is_final(int status) =>
        Assert.Equal(new WebhookVerdict.GivenUp($"HTTP {status}"), WebhookRetry.After(new WebhookOutcome(status, null), 1, 5));

    [Theory]
    [InlineData(null)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public void The_others_are_tried_again_after_ever_longer_pauses(int? status)
    {
        double[] pauses = [.. Enumerable.Range(1, 9).Select(attempt => ((WebhookVerdict.Again)WebhookRetry.After(new WebhookOutcome(status, "refused"), attempt, 100)).After.TotalSeconds)];
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], pauses);
    }

    [Fact]
    public void Until_the_retries_are_used_up()
    {
        Assert.IsType<WebhookVerdict.Again>(WebhookRetry.After(new WebhookOutcome(null, "ConnectionError"), 2, 2));
        Assert.Equal(new WebhookVerdict.GivenUp("ConnectionError (3 attempts)"), WebhookRetry.After(new WebhookOutcome(null, "ConnectionError"), 3, 2));
        Assert.IsType<WebhookVerdict.GivenUp>(WebhookRetry.After(new WebhookOutcome(500, null), 1, 0));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(60, 60)]
    [InlineData(3600, 60)]
    [InlineData(0, 4)]
    [InlineData(-5, 4)]
    public void The_receiver_says_when_for_up_to_a_minute(int asked, int pause) =>
        Assert.Equal(new WebhookVerdict.Again(TimeSpan.FromSeconds(pause)), WebhookRetry.After(new WebhookOutcome(503, null, TimeSpan.FromSeconds(asked)), 3, 5));

    [Theory]
    [InlineData("*", "role_added", true)]
    [InlineData("role_*", "role_added", true)]
    [InlineData("role_*", "writer_moved", false)]
    [InlineData("role_added", "role_added", true)]
    [InlineData("role", "role_added", false)]
    public void A_filter_goes_by_the_name_it_is_told_under(string pattern, string name, bool wanted) =>
        Assert.Equal(wanted, new HookFilter([pattern]).Wants(new HookEvent("1", name, "role_assigned", "C1", null, "", "", DateTimeOffset.UnixEpoch)));

    [Theory]
    [InlineData("", false)]
    [InlineData("*", true)]
    [InlineData("a**", false)]
    [InlineData("*a", false)]
    [InlineData("Role_added", false)]
    [InlineData("role-added", false)]
    [InlineData("role_added", true)]
    public void What_is_no_pattern_is_refused(string pattern, bool valid) => Assert.Equal(valid, HookFilter.IsPattern(pattern));
}
