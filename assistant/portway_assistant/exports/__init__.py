"""The source side for export packages: open, repair, read, resolve, count.

The work store answers everything a migration asks of an export::

    package = ExportPackage.open("site.zip")
    with open_work_store(package, work_folder) as store:
        for space in store.spaces():
            for page in store.pages(space.id):
                ...
"""
