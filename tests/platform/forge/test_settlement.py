"""How a Forge transfer goes from its start to its end, settled by the platform."""



def test_a_transfer_succeeds_once_the_export_is_complete_and_every_upload_processed(move):
    transfer_id = move.begin()
    move.upload(transfer_id, label="notes-1")
    move.upload(transfer_id, label="notes-2")
    move.complete_export(transfer_id)
    move.work()
    first, second = move.app.uploads()

    move.app.say(transfer_id, "SUCCESS", second["messageId"])
    move.work()
    assert move.status(transfer_id) == "IN_PROGRESS"
    assert move.app.say(transfer_id, "SUCCESS", first["messageId"]).status_code == 200
    move.work()

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["percent"], seen["settledBy"]) == ("SUCCESS", 100, "platform")
    assert move.app.remote.types() == [
        "triggered:listener",
        "uploaded:app_data",
        "uploaded:app_data",
        "completed:export_phase",
        "settled:transfer",
    ]
    assert move.app.remote.events[-1]["transferStatus"] == "SUCCESS"
